package vm

import (
	"errors"
	"io"
	"testing"
)

func TestGrowingFileIsReadToItsEnd(t *testing.T) {
	f, err := inMemory("test", nothingYet)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	whole := make(chan struct{})
	f.WriteString("one ")
	g := &growing{file: f, whole: whole}
	buf := make([]byte, 100)
	if n, err := g.Read(buf); string(buf[:n]) != "one " || err != nil {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	go func() {
		f.WriteString("two")
		close(whole)
	}()
	rest, err := io.ReadAll(g)
	if string(rest) != "two" || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestFloodEndsAFile(t *testing.T) {
	f, err := inMemory("test", nothingYet)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(maxGrowth + 10); err != nil {
		t.Fatal(err)
	}
	g := &growing{file: f, at: maxGrowth}
	if _, err := io.ReadAll(g); !errors.Is(err, errFlood) {
		t.Errorf("got %v", err)
	}
}

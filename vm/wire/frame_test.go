package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readAll(t *testing.T, r io.Reader) (frames []Frame, garbage int64) {
	t.Helper()
	in := NewReader(r)
	for {
		f, err := in.Next()
		if errors.Is(err, io.EOF) {
			return frames, in.Garbage
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

func record(s string) Frame { return Frame{Kind: KindRecord, Payload: []byte(s)} }

func TestFramesSurviveGarbage(t *testing.T) {
	a, b := record(`{"a":1}`), record(`{"b":"x y"}`)
	big := record(`"` + strings.Repeat("x", MaxPayload-2) + `"`)
	flipped := Append(nil, a)
	flipped[12] ^= 1
	tests := []struct {
		name   string
		stream []byte
		want   []Frame
	}{
		{"clean", Append(Append(nil, a), b), []Frame{a, b}},
		{"empty", nil, nil},
		{"largest", Append(nil, big), []Frame{big}},
		{"garbage without newline before", Append([]byte("junk"), a), []Frame{a}},
		{"lines of garbage between", Append(append(Append(nil, a), "x\ny z\n00000000 0 r \n"...), b), []Frame{a, b}},
		{"flipped bit", Append(flipped, b), []Frame{b}},
		{"first bytes lost", Append(Append(nil, a)[4:], b), []Frame{b}},
		{"cut off", Append(nil, a)[:15], nil},
		{"no newline at the end", bytes.TrimSuffix(Append(nil, a), []byte("\n")), []Frame{a}},
		{"overlong line", Append(bytes.Repeat([]byte("z"), 3*maxLine), a), []Frame{a}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := readAll(t, bytes.NewReader(tt.stream))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGarbageIsCounted(t *testing.T) {
	stream := append(bytes.Repeat([]byte("z"), 5*maxLine), Append(nil, record(`{}`))...)
	if _, garbage := readAll(t, bytes.NewReader(stream)); garbage != 5*maxLine {
		t.Errorf("got %d bytes of garbage, want %d", garbage, 5*maxLine)
	}
}

// garbageStream is n bytes of noise, then a frame.
func garbageStream(n int64) io.Reader {
	noise := io.LimitReader(rand.NewChaCha8([32]byte{1}), n)
	return io.MultiReader(noise, bytes.NewReader(Append(nil, record(`{}`))))
}

func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 256 MiB")
	}
	in := NewReader(garbageStream(256 << 20))
	f, err := in.Next()
	if err != nil || f.Kind != KindRecord {
		t.Fatalf("got %v, %v", f, err)
	}
	if cap(in.line) > 4*maxLine {
		t.Errorf("the reader holds %d bytes", cap(in.line))
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("junk"), []byte(`{"a":1}`))
	f.Add([]byte("00000000 0 r \n"), []byte(`{}`))
	f.Add(Append(nil, record(`{}`))[:9], []byte(`"\u0000"`))
	f.Fuzz(func(t *testing.T, garbage, payload []byte) {
		if len(payload) > MaxPayload || bytes.ContainsRune(payload, '\n') {
			t.Skip()
		}
		frames, _ := readAll(t, bytes.NewReader(Append(bytes.Clone(garbage), Frame{KindRecord, payload})))
		if len(frames) == 0 || !bytes.Equal(frames[len(frames)-1].Payload, payload) {
			t.Fatalf("frame lost after %q", garbage)
		}
	})
}

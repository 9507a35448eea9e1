package harness

import (
	"os"
	"testing"
)

func TestSettingsRestoreOnlyWhatIsDifferent(t *testing.T) {
	dir := t.TempDir()
	same, changed, never := dir+"/same", dir+"/changed", dir+"/never"
	for _, file := range []string{same, changed} {
		if err := os.WriteFile(file, []byte("before\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := takeSettings([]string{same, changed, never})
	if err := os.WriteFile(changed, []byte("after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(same)
	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(changed); string(text) != "before\n" {
		t.Errorf("the changed setting is %q", text)
	}
	if after, _ := os.Stat(same); after.ModTime() != before.ModTime() {
		t.Error("the setting that was the same has been written")
	}
	if _, err := os.Stat(never); !os.IsNotExist(err) {
		t.Errorf("a setting that was not there: %v", err)
	}
	os.Remove(changed)
	if err := os.Mkdir(changed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(); err == nil {
		t.Error("a setting that cannot be restored is no error")
	}
}

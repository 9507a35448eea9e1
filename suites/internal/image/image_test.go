package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchive holds what engines check: that the manifest names what there is, and the
// configuration the layer by its sum.
func TestArchive(t *testing.T) {
	i := Image{Name: "localhost/x:latest", Path: "/bin/x", Program: []byte("program"), Folders: []string{"/bin", "/proc"}}
	text, err := i.Archive()
	if err != nil {
		t.Fatal(err)
	}
	names, files := read(t, text)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest %s: %v", files["manifest.json"], err)
	}
	m := manifest[0]
	if diff := cmp.Diff([]string{"layer.tar", m.Config, "manifest.json"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if !cmp.Equal(m.RepoTags, []string{i.Name}) || !cmp.Equal(m.Layers, []string{"layer.tar"}) {
		t.Errorf("the manifest says %+v", m)
	}
	if m.Config != digest(files[m.Config])+".json" {
		t.Errorf("the configuration %s is not named by its sum", m.Config)
	}
	var config struct {
		Config struct{ Entrypoint []string }
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(files[m.Config], &config); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(config.Config.Entrypoint, []string{i.Path}) || !cmp.Equal(config.RootFS.DiffIDs, []string{"sha256:" + digest(files["layer.tar"])}) {
		t.Errorf("the configuration says %+v", config)
	}
	names, files = read(t, files["layer.tar"])
	if diff := cmp.Diff([]string{"bin/", "proc/", "bin/x"}, names); diff != "" {
		t.Errorf("files of the layer (-want +got):\n%s", diff)
	}
	if string(files["bin/x"]) != "program" {
		t.Errorf("the program is %q", files["bin/x"])
	}
}

// read returns what is in an archive, and in which order.
func read(t *testing.T, archive []byte) (names []string, files map[string][]byte) {
	t.Helper()
	files = map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, files
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		if files[header.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Package image makes images for container engines, for there is no registry to get one
// from.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
)

// Image is of one layer, with one program.
type Image struct {
	Name    string // "localhost/waiting:latest"
	Path    string // of the program
	Program []byte
	Folders []string // that there are besides
}

// Archive returns the image as docker save writes it, which all engines load: the
// layer, the configuration, and manifest.json, which tells of both. See the OCI image
// specification, config.md, for what the configuration says.
func (i Image) Archive() ([]byte, error) {
	layer, err := i.layer()
	if err != nil {
		return nil, fmt.Errorf("write layer: %w", err)
	}
	config, err := json.Marshal(object{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       object{"Entrypoint": []string{i.Path}},
		"rootfs":       object{"type": "layers", "diff_ids": []string{"sha256:" + sum(layer)}},
	})
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	manifest, err := json.Marshal([]object{{"Config": sum(config) + ".json", "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return archive([]file{
		{name: "layer.tar", content: layer, mode: 0o644},
		{name: sum(config) + ".json", content: config, mode: 0o644},
		{name: "manifest.json", content: manifest, mode: 0o644},
	})
}

type object = map[string]any

func (i Image) layer() ([]byte, error) {
	var files []file
	for _, folder := range i.Folders {
		files = append(files, file{name: folder[1:] + "/", mode: 0o755})
	}
	return archive(append(files, file{name: i.Path[1:], content: i.Program, mode: 0o755}))
}

// file is one of an archive; a folder where its name ends in a slash.
type file struct {
	name    string
	content []byte
	mode    int64
}

// archive returns the same bytes whenever it is asked.
func archive(files []file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content))}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

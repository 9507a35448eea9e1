package kernels

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// imageName matches what kernel images are called: vmlinuz-6.12.6, bzImage, Image.gz.
var imageName = regexp.MustCompile(`^(vmlinuz|vmlinux|bzImage|Image)([-._].*)?$`)

// InDir returns the paths of the kernel images in a folder, by their names, in the order of
// versions. Of several names for one file it returns the first.
func InDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list kernels: %w", err)
	}
	var paths []string
	var seen []os.FileInfo
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		if !imageName.MatchString(entry.Name()) || err == nil && info.IsDir() {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list kernels: %w", err)
		}
		if !slices.ContainsFunc(seen, func(other os.FileInfo) bool { return os.SameFile(other, info) }) {
			seen, paths = append(seen, info), append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s holds no kernel: none of its files is called vmlinuz, vmlinux, bzImage or Image, with a version or without", dir)
	}
	slices.SortStableFunc(paths, func(a, b string) int { return compareVersions(filepath.Base(a), filepath.Base(b)) })
	return paths, nil
}

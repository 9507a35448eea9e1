package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteAll writes r into a folder, which it makes if need be, as ktap.txt,
// results.json, junit.xml, report.html and summary.md, and as bench.txt if it has
// benchmarks. Each file is there whole or not at all.
func WriteAll(dir string, r *Report) error {
	if err := CheckDir(dir); err != nil {
		return err
	}
	for _, f := range formats {
		if f.file == "" {
			continue
		}
		if f.has != nil && !f.has(r) {
			// What another report left there would be taken for a part of this one.
			if err := os.Remove(filepath.Join(dir, f.file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove %s: %w", filepath.Join(dir, f.file), cause(err))
			}
			continue
		}
		if err := writeFile(dir, f, r); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(dir, f.file), cause(err))
		}
	}
	return nil
}

// CheckDir makes a folder for [WriteAll] and tries that files can be made in it, so
// that a long run does not end with nowhere to put its report.
func CheckDir(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = tryFile(dir)
	}
	if err != nil {
		return fmt.Errorf("use %q as report folder: %w; choose a folder that can be written", dir, cause(err))
	}
	return nil
}

func tryFile(dir string) error {
	f, err := os.CreateTemp(dir, ".nsconform-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func writeFile(dir string, form format, r *Report) (err error) {
	f, err := os.CreateTemp(dir, "."+form.file+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := fill(f, form.write, r); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, form.file))
}

// fill writes, flushes and closes f. A report is for everyone to read, which a
// temporary file is not.
func fill(f *os.File, write func(io.Writer, *Report) error, r *Report) error {
	buffered := bufio.NewWriter(f)
	if err := write(buffered, r); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	return f.Close()
}

// cause leaves out the temporary file's name, which tells a user nothing.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

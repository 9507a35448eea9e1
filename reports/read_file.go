package reports

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// reportFiles are what a report can be read from in a folder, the best of them foremost.
var reportFiles = []string{"results.json", "results.json.gz", "events.ndjson"}

// ReadFile reads a report from results.json, plain or compressed by gzip, from the
// stream of events of runs that may not have ended, or from a folder that has one of
// them; of several the newest, as a run that was killed leaves the results of the one
// before it. Its error names the file, in one line.
func ReadFile(path string) (*Report, error) {
	path, err := reportFile(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	report, err := readAny(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, cause(err))
	}
	return report, nil
}

func reportFile(path string) (string, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path, nil // opening it tells why not
	}
	var newest fs.FileInfo
	for _, name := range reportFiles {
		info, err := os.Stat(filepath.Join(path, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if newest == nil || info.ModTime().After(newest.ModTime()) {
			newest = info
		}
	}
	if newest == nil {
		return "", fmt.Errorf("read %s: the folder has no %s", path, strings.Join(reportFiles, " or "))
	}
	return filepath.Join(path, newest.Name()), nil
}

// readAny reads results, or else events.
func readAny(file io.ReadSeeker) (*Report, error) {
	plain, err := inflated(file)
	if err != nil {
		return nil, err
	}
	report, err := readResults(plain)
	if !errors.Is(err, errNoResults) {
		return report, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if plain, err = inflated(file); err != nil {
		return nil, err
	}
	return readEvents(plain)
}

// inflated returns what file holds, without the compression it may have.
func inflated(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(file)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

// readEvents folds a stream. One that no run begins is not ours.
func readEvents(r io.Reader) (*Report, error) {
	report, began := &Report{}, false
	err := ReadStream(io.LimitReader(r, maxResults), func(e Event) error {
		if e.Begin != nil && e.Begin.Schema > Schema {
			return newerSchema(e.Begin.Schema)
		}
		if began = began || e.Type == RunBegins; !began {
			return errNoResults
		}
		report.Apply(e)
		return nil
	})
	switch {
	case errors.Is(err, errNoResults) || err == nil && !began:
		return nil, errNoResults
	case err != nil:
		return nil, errors.New(oneLine(err.Error()))
	}
	report.Close()
	return report, nil
}

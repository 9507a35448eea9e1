package nsutil

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxProcBytes bounds what a parser reads. /proc/sysvipc/shm comes nearest to
// it, with 6 MiB for the 32768 segments that a namespace can have.
const maxProcBytes = 16 << 20

// readLines reads all of r, which must end with a newline or be empty, and
// returns its lines without their newlines.
func readLines(r io.Reader) ([]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxProcBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxProcBytes {
		return nil, fmt.Errorf("longer than %d bytes", maxProcBytes)
	}
	if len(text) == 0 {
		return nil, nil
	}
	whole, ended := strings.CutSuffix(string(text), "\n")
	if !ended {
		return nil, errors.New("the last line is cut short")
	}
	return strings.Split(whole, "\n"), nil
}

// parseFile opens a file and hands it to one of the parsers.
func parseFile[T any](path string, parse func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	v, err := parse(f)
	if err != nil {
		return v, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// parseUints parses decimal numbers of 32 bits.
func parseUints(words []string) ([]uint32, error) {
	numbers := make([]uint32, len(words))
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of 32 bits", w)
		}
		numbers[i] = uint32(n)
	}
	return numbers, nil
}

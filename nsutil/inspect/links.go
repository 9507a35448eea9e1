package inspect

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// maxLinks bounds how many network interfaces are listed.
const maxLinks = 1 << 16

// parseLinks returns the names in the text of /proc/net/dev, a line of figures each below
// two of headings. The kernel lets no name have blanks, colons or slashes.
func parseLinks(r io.Reader) ([]string, error) {
	names := []string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, _, found := strings.Cut(lines.Text(), ":")
		if !found || strings.Contains(name, "|") {
			continue
		}
		if len(names) == maxLinks {
			return names, errors.New("there are more links than are listed")
		}
		names = append(names, strings.TrimLeft(name, " "))
	}
	if err := lines.Err(); err != nil {
		return names, fmt.Errorf("read links: %w", err)
	}
	return names, nil
}

// linksIn lists the links of a network namespace from a thread that joins it.
func linksIn(fd int) (names []string, err error) {
	err = joined(nsutil.Net, fd, func() error {
		f, err := os.Open("/proc/thread-self/net/dev")
		if err != nil {
			return err
		}
		defer f.Close()
		names, err = parseLinks(f)
		return err
	})
	return names, err
}

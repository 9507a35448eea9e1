package nsutil

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// readFields reads lines of the form "Name:\tvalue".
func readFields(r io.Reader) (map[string]string, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string, len(lines))
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("line %q has no colon", line)
		}
		if _, twice := fields[name]; twice {
			return nil, fmt.Errorf("field %s appears twice", name)
		}
		fields[name] = strings.TrimPrefix(value, "\t")
	}
	return fields, nil
}

// statusParser turns fields into values and keeps the first error.
type statusParser struct {
	fields map[string]string
	err    error
}

func (p *statusParser) fail(name string, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("field %s: %w", name, err)
	}
}

func (p *statusParser) field(name string) string {
	value, ok := p.fields[name]
	if !ok {
		p.fail(name, errors.New("missing"))
	}
	return value
}

func (p *statusParser) state(name string) byte {
	letter, _, _ := strings.Cut(p.field(name), " ")
	if len(letter) != 1 {
		p.fail(name, fmt.Errorf("%q is not one letter", letter))
		return 0
	}
	return letter[0]
}

func (p *statusParser) numbers(name string) []int {
	words := strings.Fields(p.field(name))
	numbers := make([]int, len(words))
	for i, w := range words {
		n, err := strconv.ParseInt(w, 10, 32)
		if err != nil || n < 0 {
			p.fail(name, fmt.Errorf("%q is no process number", w))
		}
		numbers[i] = int(n)
	}
	return numbers
}

func (p *statusParser) number(name string) int {
	numbers := p.numbers(name)
	if len(numbers) != 1 {
		p.fail(name, fmt.Errorf("%d numbers where 1 belongs", len(numbers)))
		return 0
	}
	return numbers[0]
}

func (p *statusParser) optionalNumbers(name string) []int {
	if _, ok := p.fields[name]; !ok {
		return nil
	}
	return p.numbers(name)
}

func (p *statusParser) groups(name string) []uint32 {
	ids, err := parseUints(strings.Fields(p.field(name)))
	if err != nil {
		p.fail(name, err)
	}
	return ids
}

func (p *statusParser) credIDs(name string) CredIDs {
	ids := p.groups(name)
	if len(ids) != 4 {
		p.fail(name, fmt.Errorf("%d numbers where 4 belong", len(ids)))
		return CredIDs{}
	}
	return CredIDs{Real: ids[0], Effective: ids[1], Saved: ids[2], FS: ids[3]}
}

func (p *statusParser) caps(name string) CapSet {
	hex := p.field(name)
	set, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		p.fail(name, fmt.Errorf("%q is no capability set", hex))
	}
	return CapSet(set)
}

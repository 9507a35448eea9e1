package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// wanted are the ids that specs use besides 0, as extents from an id on, so many;
// those that come first are had first where there are too few.
var wanted = []struct{ first, count int }{
	{60001, 99},     // users who own nothing
	{65534, 1},      // nobody
	{100000, 31000}, // mapped into user namespaces
	{200000, 1000},  // the same
	{300000, 10},    // the same
	{1, 60001 - 1},  // any other
}

// withSubordinates adds what /etc/subuid and /etc/subgid give to the user.
func (o *ordinary) withSubordinates() (*ordinary, error) {
	for _, program := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s is not on PATH: install the package uidmap", program)
		}
	}
	uids, err := subordinates("/etc/subuid")
	if err != nil {
		return nil, err
	}
	gids, err := subordinates("/etc/subgid")
	if err != nil {
		return nil, err
	}
	return &ordinary{uids: append(o.uids[:1:1], layOut(uids)...), gids: append(o.gids[:1:1], layOut(gids)...)}, nil
}

// idRange is a line of a file such as /etc/subuid.
type idRange struct{ first, count int }

// subordinates returns the ranges that a file gives to this user; see subuid(5).
func subordinates(file string) ([]idRange, error) {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	uid := strconv.Itoa(os.Getuid())
	login := uid
	if u, err := user.LookupId(uid); err == nil {
		login = u.Username
	}
	ranges := parseSubordinates(string(text), uid, login)
	if len(ranges) == 0 {
		return nil, fmt.Errorf("%s gives none to %s", file, login)
	}
	return ranges, nil
}

func parseSubordinates(text, uid, login string) []idRange {
	var ranges []idRange
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) != 3 || fields[0] != uid && fields[0] != login {
			continue
		}
		first, errFirst := strconv.Atoi(fields[1])
		count, errCount := strconv.Atoi(fields[2])
		if errFirst == nil && errCount == nil && first > 0 && count > 0 {
			ranges = append(ranges, idRange{first, count})
		}
	}
	return ranges
}

// layOut maps the wanted ids to those of the ranges, as far as they go.
func layOut(ranges []idRange) []syscall.SysProcIDMap {
	var extents []syscall.SysProcIDMap
	for _, w := range wanted {
		for len(ranges) > 0 && w.count > 0 {
			r := &ranges[0]
			size := min(w.count, r.count)
			extents = append(extents, syscall.SysProcIDMap{ContainerID: w.first, HostID: r.first, Size: size})
			w.first, w.count = w.first+size, w.count-size
			r.first, r.count = r.first+size, r.count-size
			if r.count == 0 {
				ranges = ranges[1:]
			}
		}
	}
	return extents
}

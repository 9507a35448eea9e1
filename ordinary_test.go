package main

import (
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSubordinates(t *testing.T) {
	const text = "alice:100000:65536\nbob:165536:65536\n1000:300000:10\n\nalice:x:1\nalice:500000:0\nalice:400000:5\n"
	got := parseSubordinates(text, "1000", "alice")
	want := []idRange{{100000, 65536}, {300000, 10}, {400000, 5}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(idRange{})); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

func TestLayOut(t *testing.T) {
	for _, test := range []struct {
		name   string
		ranges []idRange
		want   []syscall.SysProcIDMap
	}{
		{"none", nil, nil},
		{"few", []idRange{{300000, 98}, {400000, 3}}, []syscall.SysProcIDMap{
			{ContainerID: 60001, HostID: 300000, Size: 98}, {ContainerID: 60099, HostID: 400000, Size: 1},
			{ContainerID: 65534, HostID: 400001, Size: 1}, {ContainerID: 100000, HostID: 400002, Size: 1},
		}},
		{"what a distribution gives", []idRange{{100000, 65536}}, []syscall.SysProcIDMap{
			{ContainerID: 60001, HostID: 100000, Size: 99}, {ContainerID: 65534, HostID: 100099, Size: 1},
			{ContainerID: 100000, HostID: 100100, Size: 31000}, {ContainerID: 200000, HostID: 131100, Size: 1000},
			{ContainerID: 300000, HostID: 132100, Size: 10}, {ContainerID: 1, HostID: 132110, Size: 33426},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, layOut(test.ranges)); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}

package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestProgramsOfOneVersionBelongTogether(t *testing.T) {
	commit := func(revision string) *debug.BuildInfo {
		return &debug.BuildInfo{
			Main:     debug.Module{Version: "(devel)"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: revision}},
		}
	}
	release := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	for _, same := range []*debug.BuildInfo{commit("0123456789abcdef"), commit(""), release} {
		if err := sameVersion(same, same); err != nil {
			t.Error(err)
		}
	}
	for _, other := range []*debug.BuildInfo{commit("fedcba9876543210"), commit(""), release} {
		err := sameVersion(other, commit("0123456789abcdef"))
		if err == nil || !strings.Contains(err.Error(), "than this program, 0123456789ab") {
			t.Errorf("%v: %v", other, err)
		}
	}
}

package main

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
)

// TestOneProcessOfSeveralDies holds that each process's unfinished spec is told,
// and nothing twice.
func TestOneProcessOfSeveralDies(t *testing.T) {
	var told []string
	s := newSession("run", reports.RunBegin{}, func(e reports.Event) {
		switch e.Type {
		case reports.Environs:
			told = append(told, "environment")
		case reports.SpecEnds:
			told = append(told, e.Result.Spec+" "+string(e.Result.Verdict))
		case reports.RunEnds:
			told = append(told, "end: "+e.End.Error)
		}
	})
	first := make(chan bool)
	end := s.divide(context.Background(), [][]int{nil, nil}, func(p *part) ending {
		if p.number == 2 {
			<-first
		} else {
			defer close(first)
		}
		p.record(reports.Event{Type: reports.Environs, Environment: &reports.Environment{}})
		if p.number == 2 {
			p.record(reports.Event{Type: reports.SpecBegins, Spec: "b"})
			return ending{err: errors.New("the suite's process ended early"), verdict: reports.Broken}
		}
		p.record(reports.Event{Type: reports.SpecBegins, Spec: "a"})
		p.record(reports.Event{Type: reports.SpecEnds, Result: &reports.Result{Spec: "a", Verdict: reports.Pass}})
		return ending{}
	})
	s.end(end)
	want := []string{"environment", "a pass", "b broken", "end: "}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestNewerKernelsRunFirst(t *testing.T) {
	targets := []target{here{called: "this host"}}
	for _, release := range []string{"5.10.0-46-amd64", "7.3.4+deb13", "unknown", "6.1.0"} {
		targets = append(targets, &machine{kernel: &kernels.Kernel{Name: release, Release: release}})
	}
	var order []string
	for _, target := range slices.SortedStableFunc(slices.Values(targets), newestFirst) {
		order = append(order, target.name())
	}
	if diff := cmp.Diff([]string{"this host", "unknown", "7.3.4+deb13", "6.1.0", "5.10.0-46-amd64"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

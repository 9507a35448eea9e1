package inspect

import (
	"fmt"
	"strings"
)

// fewHolders is how many of one sort are named; all are in the JSON.
const fewHolders = 3

// heldBy says in one line what keeps a namespace alive: "2 processes: 7 (sh), 9 (ls);
// pinned at /run/netns/x".
func (n *Namespace) heldBy() string {
	var parts []string
	if len(n.Processes) > 0 {
		parts = append(parts, count(len(n.Processes), "process", "processes")+": "+fewOf(texts(n.Processes), fewHolders))
	}
	if len(n.Threads) > 0 {
		parts = append(parts, count(len(n.Threads), "thread", "threads")+": "+fewOf(texts(n.Threads), fewHolders))
	}
	if len(n.ForChildren) > 0 {
		parts = append(parts, "the children to come of "+fewOf(texts(n.ForChildren), fewHolders))
	}
	if len(n.Pins) > 0 {
		parts = append(parts, "pinned at "+fewOf(n.pinTexts(), fewHolders))
	}
	if len(n.Descriptors) > 0 {
		parts = append(parts, count(len(n.Descriptors), "descriptor", "descriptors")+": "+fewOf(texts(n.Descriptors), fewHolders))
	}
	if n.Owns > 0 {
		parts = append(parts, "owns "+count(n.Owns, "namespace", "namespaces"))
	}
	if n.Children > 0 {
		parts = append(parts, "has "+count(n.Children, "child", "children"))
	}
	if len(parts) == 0 {
		return "what cannot be seen: a socket, say"
	}
	return strings.Join(parts, "; ")
}

// pinTexts names each path once: mount namespaces that were copied have it, too.
func (n *Namespace) pinTexts() []string {
	var all []string
	copies := map[string]int{}
	for _, pin := range n.Pins {
		if copies[pin.Path]++; copies[pin.Path] == 1 {
			all = append(all, pin.Path)
		}
	}
	for i, path := range all {
		if more := copies[path]; more > 1 {
			all[i] = fmt.Sprintf("%s in %d mount namespaces", path, more)
		}
	}
	return all
}

// String returns "8 of 7 (sshd)".
func (t ThreadHolder) String() string { return fmt.Sprintf("%d of %s", t.TID, t.Process) }

// String returns "3 of 7 (sshd)".
func (d Descriptor) String() string { return fmt.Sprintf("%d of %s", d.FD, d.Process) }

// texts are the first few, and as many more empty ones.
func texts[T fmt.Stringer](all []T) []string {
	found := make([]string, len(all))
	for i := range min(len(all), fewHolders) {
		found[i] = all[i].String()
	}
	return found
}

// count writes n things: "1 process", "2 processes".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

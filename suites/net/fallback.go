package net

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
)

// fallbacks are the devices that tunnel drivers, where they are built in or loaded,
// add to every network namespace for packets that no other tunnel takes;
// net.core.fb_tunnels_only_for_init_net keeps them out
// (Documentation/admin-guide/sysctl/net.rst).
var fallbacks = []string{"erspan0", "gre0", "gretap0", "ip6_vti0", "ip6gre0", "ip6tnl0", "ip_vti0", "sit0", "tunl0"}

func withoutFallbacks(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(fallbacks, name) })
}

// listed returns the entries of a directory with one for each device, fallbacks aside.
func listed(s *harness.Subject, directory string) ([]string, error) {
	names, err := s.ReadDir(directory)
	return withoutFallbacks(names), err
}

// Package bench measures what namespaces cost.
//
// What is timed is the bare call, made in a loop by a subject of package
// [github.com/nsconform/nsconform/harness], a small process with one thread, and
// stamped with the cycle counter. Every sample is kept. That the call has done what
// it is for, made a namespace or entered one, is seen from the namespaces' ids in
// each round; calls that were refused are counted apart.
//
// The cost of a kind of namespace has five parts: create (the old one is held),
// drop (what gives up the last reference), drain (until what was dropped counts no
// more), enter (setns, by a namespace file or by a pidfd) and carry (what clone,
// exec and exit pay for it).
//
// Beside these is what containers are made with: sets of namespaces, namespace files
// and what pins them, id maps, and a network.
//
// An [experiment] measures one or more benchmarks at once. A run makes a number of
// rounds, and in each all experiments in another order, so that what changes on the
// machine over time falls on all of them alike.
package bench

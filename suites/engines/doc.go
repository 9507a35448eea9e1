// Package engines proves what container engines promise of the namespaces of containers,
// with real ones: that it has the ones it is told to have, shares those it is told to
// share, and that a further process in it gets the same. An image made by the suite is all
// that they run, so there is neither a registry nor, as containers are told to have none,
// a network; but pods of the Container Runtime Interface have links to their host.
//
// An engine is a row of a table: the programs, how each thing is done with them, and
// whose namespaces of which kinds it can give a container. All specs are run with each
// engine, as far as its documentation has what they are about. What serves the engine,
// and all that it makes, is in a room that goes with the spec, with a cgroup of its own.
//
// All specs have the label engines and that of their engine, and run only when they are
// asked for.
package engines

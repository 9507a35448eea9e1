// Package runtimes proves what the Open Container Initiative's runtime specification
// promises of the namespaces of containers, with real container runtimes: whoever makes
// them, that they are the ones that were asked for, and that nothing passes through.
//
// A runtime is a row of a table, and all specs are run with each. What a container
// isolates is seen from outside, in inode numbers and by what others see, and from
// inside, by a subject that has entered the container.
//
// All specs have the label runtimes and that of their runtime, and run only when they
// are asked for.
package runtimes

// Package reports turns what a run did into what people and machines read.
//
// A run, wherever it happens, emits one stream of [Event] values, one JSON object
// a line. Everything here is a function of that stream:
//
//	run ──> Writer ──> file or port ──> ReadStream ──┬──> Report.Apply ──> WriteJSON, WriteJUnit,
//	                                                 │                     WriteKTAP, WriteHTML,
//	                                                 │                     WriteMarkdown, WriteBench,
//	                                                 │                     ExitCode
//	                                                 └──> Terminal.Event, KTAPStream.Event
//
// Reports of several machines are made one by [Merge]. What two runs proved and cost is compared from their reports, which results.json keeps
// whole:
//
//	results.json ──> ReadFile ──> MatchRuns ──> Match.Compare ──> WriteDiff
//
// The stream may come from a guest that has crashed, is confused or lies. Folding
// it therefore never panics and never takes silence for success: a planned spec
// that did not end is [Missing], a result that makes no sense is [Broken], a
// measurement that cannot be is not believed, and what fits no plan is kept in
// [Run.StreamErrors]. All text of a stream is untrusted;
// renderers escape it, control characters and bidirectional overrides included.
//
// # Exit codes
//
// [ExitCode] gives the status of the command that made a report:
//
//	0    every requirement that applied held; every mutant that applied was killed
//	1    a requirement failed, timed out or crashed the kernel; a mutant survived or crashed it
//	2    usage error (the command's own; never of a report)
//	3    the harness, the stream or the virtual machine broke, a planned spec is missing,
//	     a mutant has no grade, the mutants' module alone changes verdicts, or a
//	     benchmark was not measured as planned
//	4    nothing ran: nothing was planned, everything was skipped, or no mutant of those
//	     planned applies
//	130  interrupted
//
// Where several apply, the order is 130, 1, 3, 4.
package reports

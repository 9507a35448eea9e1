// Package vm boots a kernel in a throwaway QEMU machine, has it run one job
// and carries the job's records out. It knows nothing of what the records say.
//
// QEMU's exit status says nothing: it is the same for a power-off, a reboot
// and a panic. What became of a run ([How]) is told by the guest's last
// message, by the reason for which the machine stopped, and by the console.
//
// A machine that has booted can be saved and any number of copies restored,
// each for a job of its own: [Save]. A restored machine is judged exactly as
// one that booted.
//
// An exact machine ([Config]'s Exact) counts its instructions, and does the same in
// every boot.
//
// A machine may be of another architecture than this one: it is emulated then, and
// [Config]'s Init is a program of the kernel's architecture.
//
// Nothing of a machine outlives [Run], and nothing of a [Snapshot] its Close:
// they have no files, their sockets have no names, and QEMU dies with the
// process that started it.
package vm

// Package vm boots a kernel in a throwaway QEMU machine, has it run one job
// and carries the job's records out. It knows nothing of what the records say.
//
// QEMU's exit status says nothing: it is the same for a power-off, a reboot
// and a panic. What became of a run ([How]) is told by the guest's last
// message, by the reason for which the machine stopped, and by the console.
//
// Nothing of a machine outlives [Run]: it has no files, its sockets have no
// names, and QEMU dies with the process that started it.
package vm

package harness

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Msgget executes msgget(2).
func (s *Subject) Msgget(key, flags int) (int, error) {
	id, err := s.Syscall("msgget", unix.SYS_MSGGET, Hex(uint32(key)), Hex(flags))
	return int(id), err
}

// Msgsnd executes msgsnd(2).
func (s *Subject) Msgsnd(id int, mtype int64, text string, flags int) error {
	message := append(binary.NativeEndian.AppendUint64(nil, uint64(mtype)), text...)
	_, err := s.Syscall("msgsnd", unix.SYS_MSGSND, id, In(message), len(text), Hex(flags))
	return err
}

// Msgrcv executes msgrcv(2) for a message of up to 4 KiB.
func (s *Subject) Msgrcv(id int, mtype int64, flags int) (string, error) {
	buffer := make([]byte, 8+4096)
	n, err := s.Syscall("msgrcv", unix.SYS_MSGRCV, id, Out(buffer), len(buffer)-8, mtype, Hex(flags))
	return string(buffer[8 : 8+n]), err
}

// MsqidDS is struct msqid64_ds of 64-bit architectures (include/uapi/asm-generic/msgbuf.h).
type MsqidDS struct {
	Perm                     unix.SysvIpcPerm
	Stime, Rtime, Ctime      int64
	Cbytes, Qnum, Qbytes     uint64
	LastSender, LastReceiver int32
	_                        [2]uint64
}

// Msgctl executes msgctl(2); ds may be nil for IPC_RMID.
func (s *Subject) Msgctl(id, command int, ds *MsqidDS) error {
	_, err := s.Syscall("msgctl", unix.SYS_MSGCTL, id, command, optional(ds))
	return err
}

// Semget executes semget(2).
func (s *Subject) Semget(key, count, flags int) (int, error) {
	id, err := s.Syscall("semget", unix.SYS_SEMGET, Hex(uint32(key)), count, Hex(flags))
	return int(id), err
}

// Semop executes semop(2) with one operation.
func (s *Subject) Semop(id, number, operation, flags int) error {
	sembuf := struct {
		num     uint16
		op, flg int16
	}{uint16(number), int16(operation), int16(flags)}
	_, err := s.Syscall("semop", unix.SYS_SEMOP, id, Struct(&sembuf), 1)
	return err
}

// Commands of semctl(2) and a flag of semop(2), from include/uapi/linux/sem.h.
const (
	GETPID   = 11
	GETVAL   = 12
	SETVAL   = 16
	SEM_UNDO = 0x1000
)

// Semctl executes semctl(2) with an integer argument.
func (s *Subject) Semctl(id, number, command, arg int) (int, error) {
	r, err := s.Syscall("semctl", unix.SYS_SEMCTL, id, number, command, arg)
	return int(r), err
}

// SemidDS begins as struct semid64_ds of 64-bit architectures does.
type SemidDS struct {
	Perm unix.SysvIpcPerm
	_    [10]uint64
}

// SemctlDS executes semctl(2) with a struct semid_ds, for IPC_STAT and IPC_SET.
func (s *Subject) SemctlDS(id, command int, ds *SemidDS) error {
	_, err := s.Syscall("semctl", unix.SYS_SEMCTL, id, 0, command, Struct(ds))
	return err
}

// Shmget executes shmget(2).
func (s *Subject) Shmget(key, size, flags int) (int, error) {
	id, err := s.Syscall("shmget", unix.SYS_SHMGET, Hex(uint32(key)), size, Hex(flags))
	return int(id), err
}

// Shmat executes shmat(2) and returns the address that the kernel chose; see
// [Subject.Peek] and [Subject.Poke].
func (s *Subject) Shmat(id, flags int) (uintptr, error) {
	return s.Syscall("shmat", unix.SYS_SHMAT, id, 0, Hex(flags))
}

// Shmdt executes shmdt(2).
func (s *Subject) Shmdt(addr uintptr) error {
	_, err := s.Syscall("shmdt", unix.SYS_SHMDT, Hex(addr))
	return err
}

// SHM_LOCK is a command of shmctl(2), from include/uapi/linux/shm.h.
const SHM_LOCK = 11

// Shmctl executes shmctl(2); ds may be nil for IPC_RMID and SHM_LOCK.
func (s *Subject) Shmctl(id, command int, ds *unix.SysvShmDesc) error {
	_, err := s.Syscall("shmctl", unix.SYS_SHMCTL, id, command, optional(ds))
	return err
}

func optional[T any](p *T) any {
	if p == nil {
		return nil
	}
	return Struct(p)
}

package ipc

import (
	"math"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// sysv is a kind of System V object: what can be done to one whose id is known.
type sysv struct {
	object
	kind nsutil.SysV
	// stat is the kind's ctl call with IPC_STAT or *_STAT.
	stat func(s *harness.Subject, command, id int) (unix.SysvIpcPerm, error)
	// set is IPC_SET.
	set func(s *harness.Subject, id int, perm unix.SysvIpcPerm) error
	// byIndex is the kind's *_STAT command, which takes an index instead of an id;
	// anyByIndex is *_STAT_ANY, which asks for no permission.
	byIndex, anyByIndex int
	// count tells the number of objects in the namespace, by *_INFO.
	count func(s *harness.Subject) (int, error)
	// uses are the calls that need a permission bit, in an order in which all
	// can succeed on a new object, after which it is as it was.
	uses []use
	// others are more calls that take an id.
	others []use
}

type use struct {
	call    string
	do      func(s *harness.Subject, id int) error
	changes bool // the object, for a while at least
}

var sysvs = []sysv{segment, messages, semaphores}

var segment = sysv{
	object: object{
		what: "a shared memory segment", word: "shm", option: "CONFIG_SYSVIPC",
		open: func(s *harness.Subject, key, flags int) (int, error) {
			return s.Shmget(key, segmentSize(flags), flags)
		},
		write: func(s *harness.Subject, id, value int) error {
			return attached(s, id, 0, func(addr uintptr) error { return s.Poke(addr, []byte{byte(value)}) })
		},
		read: func(s *harness.Subject, id int) (value int, err error) {
			err = attached(s, id, unix.SHM_RDONLY, func(addr uintptr) error {
				b, err := s.Peek(addr, 1)
				value = int(append(b, 0)[0])
				return err
			})
			return value, err
		},
		remove: func(s *harness.Subject, _, id int) error { return s.Shmctl(id, unix.IPC_RMID, nil) },
	},
	kind: nsutil.SysVShm,
	stat: func(s *harness.Subject, command, id int) (unix.SysvIpcPerm, error) {
		var ds unix.SysvShmDesc
		err := s.Shmctl(id, command, &ds)
		return ds.Perm, err
	},
	set: func(s *harness.Subject, id int, perm unix.SysvIpcPerm) error {
		return s.Shmctl(id, unix.IPC_SET, &unix.SysvShmDesc{Perm: perm})
	},
	byIndex: 13, anyByIndex: 15, // SHM_STAT, SHM_STAT_ANY, include/uapi/linux/shm.h
	count: func(s *harness.Subject) (int, error) {
		const shmInfo = 14 // SHM_INFO
		var info struct {
			used int32
			_    [44]byte
		}
		_, err := s.Syscall("shmctl", unix.SYS_SHMCTL, 0, shmInfo, harness.Struct(&info))
		return int(info.used), err
	},
	uses: []use{
		{"shmat to read", func(s *harness.Subject, id int) error { return attached(s, id, unix.SHM_RDONLY, nil) }, false},
		{"shmat to read and write", func(s *harness.Subject, id int) error { return attached(s, id, 0, nil) }, false},
	},
	others: []use{
		{"shmctl(SHM_LOCK)", func(s *harness.Subject, id int) error { return s.Shmctl(id, harness.SHM_LOCK, nil) }, true},
		{"shmctl(SHM_UNLOCK)", func(s *harness.Subject, id int) error {
			const unlock = 12 // SHM_UNLOCK, include/uapi/linux/shm.h
			return s.Shmctl(id, unlock, nil)
		}, true},
	},
}

var messages = sysv{
	object: object{
		what: "a System V message queue", word: "msg", option: "CONFIG_SYSVIPC",
		open: func(s *harness.Subject, key, flags int) (int, error) { return s.Msgget(key, flags) },
		write: func(s *harness.Subject, id, value int) error {
			return s.Msgsnd(id, 1, string(rune(value)), unix.IPC_NOWAIT)
		},
		read: func(s *harness.Subject, id int) (int, error) {
			text, err := s.Msgrcv(id, 0, unix.IPC_NOWAIT)
			return number(text), err
		},
		remove: func(s *harness.Subject, _, id int) error { return s.Msgctl(id, unix.IPC_RMID, nil) },
	},
	kind: nsutil.SysVMsg,
	stat: func(s *harness.Subject, command, id int) (unix.SysvIpcPerm, error) {
		var ds harness.MsqidDS
		err := s.Msgctl(id, command, &ds)
		return ds.Perm, err
	},
	set: func(s *harness.Subject, id int, perm unix.SysvIpcPerm) error {
		// IPC_SET sets msg_qbytes, too; anybody may set it to no more than kernel.msgmnb.
		return s.Msgctl(id, unix.IPC_SET, &harness.MsqidDS{Perm: perm, Qbytes: 1024})
	},
	byIndex: 11, anyByIndex: 13, // MSG_STAT, MSG_STAT_ANY, include/uapi/linux/msg.h
	count: func(s *harness.Subject) (int, error) {
		const msgInfo = 12 // MSG_INFO
		var info struct {
			pool int32 // the number of queues
			_    [28]byte
		}
		_, err := s.Syscall("msgctl", unix.SYS_MSGCTL, 0, msgInfo, harness.Struct(&info))
		return int(info.pool), err
	},
	uses: []use{
		{"msgsnd", func(s *harness.Subject, id int) error { return s.Msgsnd(id, 1, "m", unix.IPC_NOWAIT) }, true},
		{"msgrcv", func(s *harness.Subject, id int) error {
			_, err := s.Msgrcv(id, 0, unix.IPC_NOWAIT)
			return err
		}, true},
	},
	others: []use{
		{"msgrcv of a type that no message has", func(s *harness.Subject, id int) error {
			_, err := s.Msgrcv(id, math.MaxInt32, unix.IPC_NOWAIT)
			return err
		}, false},
	},
}

var semaphores = sysv{
	object: object{
		what: "a semaphore set", word: "sem", option: "CONFIG_SYSVIPC",
		open:  func(s *harness.Subject, key, flags int) (int, error) { return s.Semget(key, setSize(flags), flags) },
		write: setval,
		read: func(s *harness.Subject, id int) (int, error) {
			return s.Semctl(id, 0, harness.GETVAL, 0)
		},
		remove: func(s *harness.Subject, _, id int) error {
			_, err := s.Semctl(id, 0, unix.IPC_RMID, 0)
			return err
		},
	},
	kind: nsutil.SysVSem,
	stat: func(s *harness.Subject, command, id int) (unix.SysvIpcPerm, error) {
		var ds harness.SemidDS
		err := s.SemctlDS(id, command, &ds)
		return ds.Perm, err
	},
	set: func(s *harness.Subject, id int, perm unix.SysvIpcPerm) error {
		return s.SemctlDS(id, unix.IPC_SET, &harness.SemidDS{Perm: perm})
	},
	byIndex: 18, anyByIndex: 20, // SEM_STAT, SEM_STAT_ANY, include/uapi/linux/sem.h
	count: func(s *harness.Subject) (int, error) {
		const semInfo = 19 // SEM_INFO
		var info [10]int32
		_, err := s.Syscall("semctl", unix.SYS_SEMCTL, 0, 0, semInfo, harness.Struct(&info))
		return int(info[7]), err // semusz, the number of sets
	},
	uses: []use{
		{"semop to wait for zero", func(s *harness.Subject, id int) error { return s.Semop(id, 0, 0, unix.IPC_NOWAIT) }, false},
		{"semctl(GETVAL)", func(s *harness.Subject, id int) error {
			_, err := s.Semctl(id, 0, harness.GETVAL, 0)
			return err
		}, false},
		{"semctl(GETPID)", func(s *harness.Subject, id int) error {
			_, err := s.Semctl(id, 0, harness.GETPID, 0)
			return err
		}, false},
		{"semctl(GETNCNT)", func(s *harness.Subject, id int) error {
			const getNCnt = 14 // GETNCNT, include/uapi/linux/sem.h
			_, err := s.Semctl(id, 0, getNCnt, 0)
			return err
		}, false},
		{"semctl(GETALL)", func(s *harness.Subject, id int) error {
			const getAll = 13 // GETALL, include/uapi/linux/sem.h
			_, err := s.Syscall("semctl", unix.SYS_SEMCTL, id, 0, getAll, harness.Out(make([]byte, 2*setSize(create))))
			return err
		}, false},
		{"semop to add", func(s *harness.Subject, id int) error { return s.Semop(id, 0, 1, unix.IPC_NOWAIT) }, true},
		{"semop to add with SEM_UNDO", func(s *harness.Subject, id int) error {
			return s.Semop(id, 0, 1, unix.IPC_NOWAIT|harness.SEM_UNDO)
		}, true},
		{"semctl(SETVAL)", func(s *harness.Subject, id int) error { return setval(s, id, 0) }, true},
		{"semctl(SETALL)", func(s *harness.Subject, id int) error {
			const setAll = 17 // SETALL, include/uapi/linux/sem.h
			_, err := s.Syscall("semctl", unix.SYS_SEMCTL, id, 0, setAll, harness.In(make([]byte, 2*setSize(create))))
			return err
		}, true},
	},
}

// segmentSize is the size to create a segment with; one that exists is asked
// for with none.
func segmentSize(flags int) int {
	if flags&unix.IPC_CREAT == 0 {
		return 0
	}
	return unix.Getpagesize()
}

// setSize is the number of semaphores to create a set with.
func setSize(flags int) int {
	if flags&unix.IPC_CREAT == 0 {
		return 0
	}
	return 2
}

// attached attaches the segment while it calls do, which may be nil.
func attached(s *harness.Subject, id, flags int, do func(addr uintptr) error) error {
	addr, err := s.Shmat(id, flags)
	if err != nil {
		return err
	}
	if do != nil {
		err = do(addr)
	}
	if err2 := s.Shmdt(addr); err == nil {
		err = err2
	}
	return err
}

func setval(s *harness.Subject, id, value int) error {
	_, err := s.Semctl(id, 0, harness.SETVAL, value)
	return err
}

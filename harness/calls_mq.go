package harness

import "golang.org/x/sys/unix"

// MqAttr is struct mq_attr. See mq_getattr(3).
type MqAttr struct {
	Flags, MaxMsg, MsgSize, CurMsgs int64
	_                               [4]int64
}

// MqOpen executes mq_open(2) with mode 0600; the kernel takes the name without
// its slash. attr may be nil.
func (s *Subject) MqOpen(name string, flags int, attr *MqAttr) (int, error) {
	fd, err := s.Syscall("mq_open", unix.SYS_MQ_OPEN, name, Hex(flags), 0o600, optional(attr))
	return int(fd), err
}

// MqUnlink executes mq_unlink(2).
func (s *Subject) MqUnlink(name string) error {
	_, err := s.Syscall("mq_unlink", unix.SYS_MQ_UNLINK, name)
	return err
}

// MqGetattr returns what mq_getsetattr(2) tells of the queue.
func (s *Subject) MqGetattr(fd int) (MqAttr, error) {
	var attr MqAttr
	_, err := s.Syscall("mq_getsetattr", unix.SYS_MQ_GETSETATTR, fd, nil, Struct(&attr))
	return attr, err
}

// MqSend executes mq_timedsend(2) without a time limit.
func (s *Subject) MqSend(fd int, text string, priority int) error {
	_, err := s.Syscall("mq_timedsend", unix.SYS_MQ_TIMEDSEND, fd, In([]byte(text)), len(text), priority, nil)
	return err
}

// MqReceive executes mq_timedreceive(2) without a time limit, for a message of
// up to 8 KiB.
func (s *Subject) MqReceive(fd int) (string, error) {
	buffer := make([]byte, 8<<10)
	n, err := s.Syscall("mq_timedreceive", unix.SYS_MQ_TIMEDRECEIVE, fd, Out(buffer), len(buffer), nil, nil)
	return string(buffer[:n]), err
}

// Sigevent begins as struct sigevent does. See sigevent(3type).
type Sigevent struct {
	Value         uint64
	Signo, Notify int32
	_             [12]int32
}

// MqNotify executes mq_notify(2); event may be nil.
func (s *Subject) MqNotify(fd int, event *Sigevent) error {
	_, err := s.Syscall("mq_notify", unix.SYS_MQ_NOTIFY, fd, optional(event))
	return err
}

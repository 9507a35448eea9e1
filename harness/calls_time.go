package harness

import (
	"time"

	"golang.org/x/sys/unix"
)

// ClockGettime executes clock_gettime(2) as a system call.
func (s *Subject) ClockGettime(clock int) (time.Duration, error) {
	var ts unix.Timespec
	_, err := s.Syscall("clock_gettime", unix.SYS_CLOCK_GETTIME, clock, Struct(&ts))
	return time.Duration(ts.Nano()), err
}

// ClockGettimeVDSO calls the clock_gettime function of the vDSO, as programs do.
// See vdso(7).
func (s *Subject) ClockGettimeVDSO(clock int) (time.Duration, error) {
	function, err := vdsoClockGettime()
	if err != nil {
		return 0, err
	}
	var ts unix.Timespec
	_, err = s.do(request{op: opFunction, name: "vdso clock_gettime", nr: function, args: []any{clock, Struct(&ts)}})
	return time.Duration(ts.Nano()), err
}

// ClockNanosleep executes clock_nanosleep(2); flags may be TIMER_ABSTIME.
func (s *Subject) ClockNanosleep(clock, flags int, t time.Duration) error {
	ts := unix.NsecToTimespec(int64(t))
	_, err := s.Syscall("clock_nanosleep", unix.SYS_CLOCK_NANOSLEEP, clock, flags, Struct(&ts), nil)
	return err
}

// TimerfdCreate executes timerfd_create(2) with TFD_CLOEXEC.
func (s *Subject) TimerfdCreate(clock int) (int, error) {
	fd, err := s.Syscall("timerfd_create", unix.SYS_TIMERFD_CREATE, clock, Hex(unix.TFD_CLOEXEC))
	return int(fd), err
}

// itimerspec is struct itimerspec: the interval and the first expiration.
func itimerspec(value time.Duration) [2]unix.Timespec {
	return [2]unix.Timespec{1: unix.NsecToTimespec(int64(value))}
}

// TimerfdSettime executes timerfd_settime(2) for a single expiration.
func (s *Subject) TimerfdSettime(fd, flags int, value time.Duration) error {
	spec := itimerspec(value)
	_, err := s.Syscall("timerfd_settime", unix.SYS_TIMERFD_SETTIME, fd, flags, Struct(&spec), nil)
	return err
}

// TimerfdGettime executes timerfd_gettime(2) and returns the time left.
func (s *Subject) TimerfdGettime(fd int) (time.Duration, error) {
	var spec [2]unix.Timespec
	_, err := s.Syscall("timerfd_gettime", unix.SYS_TIMERFD_GETTIME, fd, Struct(&spec))
	return time.Duration(spec[1].Nano()), err
}

// TimerCreate executes timer_create(2) for a timer that sends the signal.
func (s *Subject) TimerCreate(clock int, sig unix.Signal) (int, error) {
	event := Sigevent{Signo: int32(sig)}
	var id int32
	_, err := s.Syscall("timer_create", unix.SYS_TIMER_CREATE, clock, Struct(&event), Struct(&id))
	return int(id), err
}

// TimerSettime executes timer_settime(2) for a single expiration.
func (s *Subject) TimerSettime(timer, flags int, value time.Duration) error {
	spec := itimerspec(value)
	_, err := s.Syscall("timer_settime", unix.SYS_TIMER_SETTIME, timer, flags, Struct(&spec), nil)
	return err
}

// TimerGettime executes timer_gettime(2) and returns the time left.
func (s *Subject) TimerGettime(timer int) (time.Duration, error) {
	var spec [2]unix.Timespec
	_, err := s.Syscall("timer_gettime", unix.SYS_TIMER_GETTIME, timer, Struct(&spec))
	return time.Duration(spec[1].Nano()), err
}

// Block blocks the signal by rt_sigprocmask(2).
func (s *Subject) Block(sig unix.Signal) error {
	set := uint64(1) << (sig - 1)
	_, err := s.Syscall("rt_sigprocmask", unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, Struct(&set), nil, 8)
	return err
}

// AwaitSignal executes rt_sigtimedwait(2) for a signal that is blocked; EAGAIN
// when it has not come within limit.
func (s *Subject) AwaitSignal(sig unix.Signal, limit time.Duration) error {
	set := uint64(1) << (sig - 1)
	ts := unix.NsecToTimespec(int64(limit))
	_, err := s.Syscall("rt_sigtimedwait", unix.SYS_RT_SIGTIMEDWAIT, Struct(&set), nil, Struct(&ts), 8)
	return err
}

// Uptime executes sysinfo(2) and returns the seconds since boot.
func (s *Subject) Uptime() (time.Duration, error) {
	var info unix.Sysinfo_t
	_, err := s.Syscall("sysinfo", unix.SYS_SYSINFO, Struct(&info))
	return time.Duration(info.Uptime) * time.Second, err
}

package harness

// TB is the part of testing.TB that harness needs; *testing.T and GinkgoT()
// satisfy it. When it has one of the methods of [Verdicts] as well, harness uses
// that to tell a broken set-up, a timeout or a leak from a plain failure.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	TempDir() string
}

// Verdicts are the ends of a test that a plain Fatalf cannot tell apart. Broken,
// TimedOut and Lacking do not return; Leaked does.
type Verdicts interface {
	// Broken says that the test's own set-up failed, and ends it.
	Broken(message string)
	// TimedOut says that a call did not return before its deadline, and ends the test.
	TimedOut(message string)
	// Leaked says that the test left something behind.
	Leaked(message string)
	// Lacking says that this process lacks what the test takes, and ends it: a skip.
	Lacking(message string)
}

// Broken ends the test: its own set-up failed, its verdict is unknown.
func Broken(t TB, message string) {
	t.Helper()
	if v, ok := t.(Verdicts); ok {
		v.Broken(message)
	}
	t.Fatalf("broken: %s", message)
}

func timedOut(t TB, message string) {
	t.Helper()
	if v, ok := t.(Verdicts); ok {
		v.TimedOut(message)
	}
	t.Fatalf("timeout: %s", message)
}

func leaked(t TB, message string) {
	t.Helper()
	if v, ok := t.(Verdicts); ok {
		v.Leaked(message)
		return
	}
	t.Errorf("leak: %s", message)
}

func lacking(t TB, message string) {
	t.Helper()
	if v, ok := t.(Verdicts); ok {
		v.Lacking(message)
	}
	t.Fatalf("lacking: %s", message)
}

package suites

import "testing"

func TestGreeting(t *testing.T) {
	for log, want := range map[string]string{
		"<6>[   0.000000] Starting gVisor...\n<6>[   0.131778] Recruiting cron-ies...\n": "Starting gVisor...",
		"<5>[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel)\n":         "",
		"<6>[   12.345678] what an old log's rest begins with\n":                         "",
		"[    0.000000] another kernel":                                                  "another kernel",
		"":                                                                               "",
	} {
		if got := greetingOf(log); got != want {
			t.Errorf("greetingOf(%q) = %q, want %q", log, got, want)
		}
	}
}

package timens

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"runtime"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// telling are the instructions of a program that prints CLOCK_MONOTONIC and
// CLOCK_BOOTTIME as struct timespec, by the vDSO and by the system call, and
// waits. It takes its single argument and an empty environment for granted,
// looks in the auxiliary vector for the vDSO (AT_SYSINFO_EHDR), and has the
// place of clock_gettime therein in the 8 bytes that follow.
var telling = map[string]string{
	"amd64": "488d5c2420" + "488b03" + "488b6b08" + "4883c310" + "4883f821" + "75ef" + // find the vDSO
		"48032d5b000000" + "4883ec40" +
		"bf01000000" + "4889e6" + "ffd5" + "bf07000000" + "488d742410" + "ffd5" +
		"bf01000000" + "488d742420" + "b8e4000000" + "0f05" + "bf07000000" + "488d742430" + "b8e4000000" + "0f05" +
		"bf01000000" + "4889e6" + "ba40000000" + "b801000000" + "0f05" + // write
		"b822000000" + "0f05" + "ebf7" + "6690", // pause
	"arm64": instructions(0x910083f3, 0xa8c15260, 0xf100841f, 0x54ffffc1, // find the vDSO
		0x580003e1, 0x8b010294, 0xd10143ff,
		0xb24003e0, 0x910003e1, 0xd63f0280, 0xb2400be0, 0x910043e1, 0xd63f0280,
		0xb24003e0, 0x910083e1, 0xd2800e28, 0xd4000001, 0xb2400be0, 0x9100c3e1, 0xd2800e28, 0xd4000001,
		0xb24003e0, 0x910003e1, 0xb27a03e2, 0xb27a03e8, 0xd4000001, // write
		0xaa1f03e0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0xd2800928, 0xd4000001, 0x17fffffa, // ppoll
		0xd503201f, 0xd503201f),
}

func instructions(all ...uint32) string {
	var b []byte
	for _, word := range all {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return hex.EncodeToString(b)
}

// program returns a static executable of the instructions. See elf(5).
func program(code []byte) []byte {
	const base, headers, segment = 0x400000, 64, 56
	machine := map[string]uint16{"amd64": 62, "arm64": 183}[runtime.GOARCH] // EM_*
	size := uint64(headers + segment + len(code))
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	le := binary.LittleEndian
	b = le.AppendUint16(b, 2) // ET_EXEC
	b = le.AppendUint16(b, machine)
	b = le.AppendUint32(b, 1)
	for _, v := range []uint64{base + headers + segment, headers, 0} {
		b = le.AppendUint64(b, v)
	}
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{headers, segment, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint64(b, 1|5<<32) // PT_LOAD, readable and executable
	for _, v := range []uint64{0, base, base, size, size, 0x1000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...)
}

// execute has s execute a program, and claims that its clocks are ahead of the
// suite's by the offsets.
func execute(s *harness.Subject, offsets nsutil.TimeOffsets) {
	code := Get(hex.DecodeString(telling[runtime.GOARCH]))
	code = binary.LittleEndian.AppendUint64(code, uint64(Get(harness.VDSOClockGettime())))
	fd := Get(s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "program", 0))
	Get(s.Write(int(fd), program(code)))
	const high = 100 // out of the way of the standard streams
	fd = uintptr(Get(s.Fcntl(int(fd), unix.F_DUPFD, high)))

	before := map[int]time.Duration{}
	for _, c := range []clock{clockMonotonic, clockBoottime} {
		before[c.id] = now(c.id)
	}
	Arrange(s.Exec(fmt.Sprintf("/proc/self/fd/%d", fd)))
	var told string
	Eventually(func() (string, error) {
		text, err := s.Output()
		told = text
		return told, err
	}).WithTimeout(patience()).WithPolling(50*time.Microsecond).Should(HaveLen(64), "what the program of %s prints", s.Name())
	for i, way := range []string{"the vDSO", "the system call"} {
		for j, c := range []clock{clockMonotonic, clockBoottime} {
			word := func(n int) time.Duration {
				return time.Duration(binary.LittleEndian.Uint64([]byte(told[32*i+16*j+8*n:])))
			}
			shown := word(0)*time.Second + word(1)
			expectBetween(shown-c.ahead(offsets), before[c.id], now(c.id), "%s by %s in the program of %s, less the offset", c.name, way, s.Name())
		}
	}
}

package harness

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// memory is an argument that points to bytes, copied to the subject before the
// call and, if it is to be written, back after it.
type memory struct {
	bytes []byte
	out   bool
	text  string // how a log shows it; the bytes when empty
}

// In passes a pointer to a copy of b.
func In(b []byte) any { return memory{bytes: b} }

// Out passes a pointer to memory that is copied to b after the call; what the
// call does not write stays as it is.
func Out(b []byte) any { return memory{bytes: b, out: true, text: "_"} }

// Struct passes a pointer to *p, which must hold no Go pointers, copied both ways.
func Struct[T any](p *T) any {
	return memory{
		bytes: unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)), out: true,
		text: reflect.TypeFor[T]().String(),
	}
}

// linked is memory that holds pointers to other memory, such as a struct msghdr.
type linked struct {
	parts []any                     // what it points to
	head  func(at []uintptr) []byte // its bytes, told where the parts are; copied both ways
	text  string                    // how a log shows it
}

// Strings passes a pointer to a null-terminated array of strings, as execve(2) takes it.
type Strings []string

// Hex is an argument that a log shows in hexadecimal, such as an address.
type Hex uintptr

// String formats h as C does.
func (h Hex) String() string { return "0x" + strconv.FormatUint(uint64(h), 16) }

// marshaller lays the arguments of one call out in a slot's data area.
type marshaller struct {
	data []byte
	base uintptr
	used int
	back []func()
}

func newMarshaller(s *slot) *marshaller {
	return &marshaller{data: s.bytes(), base: uintptr(unsafe.Pointer(&s.data))}
}

// place reserves n bytes, aligned to 16, and returns them with their address.
func (m *marshaller) place(n int) ([]byte, uintptr, error) {
	start := (m.used + 15) &^ 15
	if start+n > len(m.data) {
		return nil, 0, fmt.Errorf("pass %d bytes to a subject: it takes at most %d", start+n, len(m.data))
	}
	m.used = start + n
	return m.data[start:m.used:m.used], m.base + uintptr(start), nil
}

// word returns the register value for one argument: an integer of any type, a
// string (passed as a null-terminated copy), nil, or what In, Out, Struct and
// Strings make.
func (m *marshaller) word(arg any) (uintptr, error) {
	switch arg := arg.(type) {
	case nil:
		return 0, nil
	case string:
		return m.copyIn(append([]byte(arg), 0))
	case Strings:
		return m.strings(arg)
	case memory:
		area, addr, err := m.place(len(arg.bytes))
		if err != nil {
			return 0, err
		}
		copy(area, arg.bytes)
		if arg.out {
			m.back = append(m.back, func() { copy(arg.bytes, area) })
		}
		return addr, nil
	case linked:
		return m.linked(arg)
	case *room:
		var addr uintptr
		var err error
		arg.area, addr, err = m.place(arg.size)
		return addr, err
	}
	v := reflect.ValueOf(arg)
	if v.CanInt() {
		return uintptr(v.Int()), nil
	}
	if v.CanUint() {
		return uintptr(v.Uint()), nil
	}
	return 0, fmt.Errorf("pass a %T to a system call: not an integer, a string or memory", arg)
}

func (m *marshaller) copyIn(b []byte) (uintptr, error) {
	area, addr, err := m.place(len(b))
	copy(area, b)
	return addr, err
}

func (m *marshaller) linked(l linked) (uintptr, error) {
	at := make([]uintptr, len(l.parts))
	for i, part := range l.parts {
		var err error
		if at[i], err = m.word(part); err != nil {
			return 0, err
		}
	}
	return m.word(memory{bytes: l.head(at), out: true})
}

func (m *marshaller) strings(list Strings) (uintptr, error) {
	array := make([]byte, 0, 8*(len(list)+1))
	for _, s := range list {
		addr, err := m.copyIn(append([]byte(s), 0))
		if err != nil {
			return 0, err
		}
		array = binary.NativeEndian.AppendUint64(array, uint64(addr))
	}
	return m.copyIn(binary.NativeEndian.AppendUint64(array, 0))
}

// format shows a call as a log does: sethostname("inside", 6).
func format(name string, args []any) string {
	shown := make([]string, len(args))
	for i, arg := range args {
		shown[i] = formatArg(arg)
	}
	return name + "(" + strings.Join(shown, ", ") + ")"
}

// settled returns arguments that show later what they show now: memory is the caller's.
func settled(args []any) []any {
	for i, arg := range args {
		if m, ok := arg.(memory); ok && m.text == "" {
			args = slices.Clone(args)
			args[i] = memory{text: formatArg(m)}
		}
	}
	return args
}

func formatArg(arg any) string {
	switch arg := arg.(type) {
	case nil:
		return "NULL"
	case int:
		return strconv.Itoa(arg)
	case string:
		return strconv.Quote(arg)
	case Strings:
		return fmt.Sprintf("%q", []string(arg))
	case linked:
		return arg.text
	case *room:
		return "_"
	case memory:
		if arg.text != "" {
			return arg.text
		}
		return strconv.Quote(string(arg.bytes[:min(len(arg.bytes), 64)]))
	}
	return fmt.Sprint(arg)
}

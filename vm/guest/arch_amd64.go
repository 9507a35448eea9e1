package guest

// The serial ports: the console, the kernel's and the shell's, and that for records.
const (
	consolePath = "/dev/ttyS0"
	serialPort  = "/dev/ttyS1"
)

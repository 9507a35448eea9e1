package guest

// The serial ports: the console, the kernel's and the shell's, which is the board's,
// and that for records, which is a PCI device.
const (
	consolePath = "/dev/ttyAMA0"
	serialPort  = "/dev/ttyS0"
)

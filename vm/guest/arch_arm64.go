package guest

// The serial ports: the console, the kernel's and the shell's, which is the board's,
// and the one that leads to the host where there is no virtio-serial port, a PCI device.
const (
	Console    = "/dev/ttyAMA0"
	SerialPort = "/dev/ttyS0"
)

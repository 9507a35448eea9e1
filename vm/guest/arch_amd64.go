package guest

// The serial ports: the console, the kernel's and the shell's, and the one that leads
// to the host where there is no virtio-serial port.
const (
	Console    = "/dev/ttyS0"
	SerialPort = "/dev/ttyS1"
)

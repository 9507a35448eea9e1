package kernels

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
)

// Needs are the options that a kernel must have built in for a guest of ours, and
// why; some only on one architecture. It does without those of virtio: a serial port
// carries what it has to say.
var Needs = []struct{ Option, Why, Arch string }{
	{"CONFIG_BLK_DEV_INITRD", "to begin from an initramfs", ""},
	{"CONFIG_BINFMT_ELF", "to run a program", ""},
	{"CONFIG_PRINTK", "to say what it complains about", ""},
	{"CONFIG_SERIAL_8250", "to be heard", AMD64},
	{"CONFIG_SERIAL_8250_CONSOLE", "to be heard", AMD64},
	{"CONFIG_SERIAL_AMBA_PL011", "to be heard", ARM64},
	{"CONFIG_SERIAL_AMBA_PL011_CONSOLE", "to be heard", ARM64},
	{"CONFIG_PCI_HOST_GENERIC", "to have the port for what it has to say", ARM64},
	{"CONFIG_DEVTMPFS", "to have devices", ""},
	{"CONFIG_PROC_FS", "for nearly everything", ""},
	{"CONFIG_SYSFS", "to find devices", ""},
	{"CONFIG_TMPFS", "for temporary files", ""},
}

// Lacks returns those of [Needs] that the kernel is known to be built without. Of
// image, the form of it that is booted, it reads the configuration where the kernel
// has no file of it.
func (k *Kernel) Lacks(image string) []string {
	config, err := k.configuration(image)
	if err != nil {
		return nil
	}
	var lacks []string
	for _, need := range Needs {
		if need.Arch != "" && need.Arch != k.Arch {
			continue
		}
		if value, state := config.Lookup(need.Option); value != "y" && state != nsutil.OptionUnknown {
			lacks = append(lacks, need.Option)
		}
	}
	return lacks
}

func (k *Kernel) configuration(image string) (nsutil.Config, error) {
	if k.Config != "" {
		return nsutil.ReadConfig(k.Config)
	}
	return embeddedConfig(image)
}

// embeddedConfig returns the configuration that an uncompressed kernel holds
// (CONFIG_IKCONFIG), compressed with gzip between two magic words.
func embeddedConfig(image string) (nsutil.Config, error) {
	data, err := os.ReadFile(image)
	if err != nil {
		return nil, fmt.Errorf("read kernel: %w", err)
	}
	_, config, begins := bytes.Cut(data, []byte("IKCFG_ST"))
	config, _, ends := bytes.Cut(config, []byte("IKCFG_ED"))
	if !begins || !ends {
		return nil, errors.New("the kernel does not hold its configuration (CONFIG_IKCONFIG)")
	}
	return nsutil.ParseConfig(bytes.NewReader(config))
}

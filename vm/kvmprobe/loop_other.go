//go:build !amd64

package kvmprobe

import (
	"fmt"
	"runtime"
	"time"
)

func timeLoop() (time.Duration, error) {
	return 0, fmt.Errorf("no speed probe for %s", runtime.GOARCH)
}

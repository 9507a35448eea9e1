# Everything works from a clean clone with Go, git and make; QEMU and kernels come with apt.

export CGO_ENABLED = 0
QEMU := qemu-system-x86_64
BROWSERS := chromium chromium-browser google-chrome

.PHONY: help build arm64 test matrix bench mutants published check fmt lint unit vm-check fuzz soak overhead qemu qemu-arm64 gcc chromium clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build ./nsconform, a static binary
	go build -trimpath -ldflags=-s -o nsconform .

arm64: build qemu-arm64 ## build ./nsconform and, beside it, ./nsconform-arm64, which arm64 kernels run in virtual machines
	GOARCH=arm64 go build -trimpath -ldflags=-s -o nsconform-arm64 .

test: build qemu ## prove every requirement on the default kernel in a virtual machine; reports go to out/
	./nsconform test --report-dir out $(ARGS)

matrix: build qemu ## prove every requirement on the kernels of vm/matrix/kernels.txt; reports go to out/
	./nsconform test $(addprefix --kernel ,$(shell cat vm/matrix/kernels.txt)) --report-dir out $(ARGS)

bench: build qemu ## count what each operation costs on the default kernel; reports go to out/
	./nsconform bench --exact --report-dir out $(ARGS)

mutants: build qemu gcc ## grade the suite with kernels that break one promise each
	./nsconform mutants --report-dir out $(ARGS)

published: ## render reports/published anew from the results in there
	go test ./reports/published -update

check: fmt lint unit vm-check ## test the project itself

fmt: ## check the formatting
	@test -z "$$(gofmt -l .)" || { echo 'not formatted:'; gofmt -l .; exit 1; }

lint: ## vet for amd64 and arm64, staticcheck, and actionlint for the workflows
	go vet ./...
	GOARCH=arm64 go vet ./...
	go tool staticcheck ./...
	go tool actionlint -shellcheck= -pyflakes=

unit: qemu qemu-arm64 chromium ## unit, golden and command-script tests, and the specs on this machine
	go test -p 1 ./... # one package at a time: the guard would take another's doings for leaks

# Five lies: of a call, a permission, an ioctl, a lifetime, a limit.
SAMPLE := uts-unshare-shares uts-sethostname-cap-in-callers-userns nsfs-owner-uid-untranslated pin-lost-with-last-member limit-grandparent-not-charged

vm-check: build qemu gcc ## short runs in virtual machines
	./nsconform test uts
	./nsconform mutants $(SAMPLE)

FUZZTIME := 1m
FUZZERS := vm/wire:FuzzReader vm:FuzzConsole reports:FuzzRead reports:FuzzReport

fuzz: ## feed anything to what reads a guest's words, and to the reports, each for FUZZTIME
	set -e; for f in $(FUZZERS); do \
		nice go test -run '^$$' -fuzz "^$${f#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x -parallel 1 ./$${f%:*}; \
	done

RESTORES := 500

soak: qemu ## restore a machine RESTORES times: none is lost or wrong
	NSCONFORM_SOAK=$(RESTORES) nice go test -run '^TestSoak$$' -v -timeout 2h ./vm

ROUNDS := 9

overhead: qemu ## compare what a run of one spec takes with a plain boot, ROUNDS times in turn
	NSCONFORM_OVERHEAD=$(ROUNDS) go test -run '^TestOverhead$$' -v -timeout 1h .

qemu: ## make sure that QEMU is there
	@command -v $(QEMU) >/dev/null || $(MAKE) --no-print-directory install-qemu

qemu-arm64: ## make sure that the QEMU for arm64 is there
	@command -v qemu-system-aarch64 >/dev/null || $(MAKE) --no-print-directory install-qemu QEMU_PACKAGE=qemu-system-arm

gcc: ## make sure that a compiler is there, for kernel mutants
	@command -v gcc >/dev/null || $(MAKE) --no-print-directory install-gcc

chromium: ## make sure that a browser is there, to look at the reports
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit; done; $(MAKE) --no-print-directory install-chromium

.PHONY: install-qemu install-gcc install-chromium
install-chromium:
	@test "$$(id -u)" = 0 || { echo 'a browser is missing: install the package chromium (Debian), or run make as root to have it installed'; exit 1; }
	@echo 'a browser is missing: installing the package chromium with apt'
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium

install-gcc:
	@test "$$(id -u)" = 0 || { echo 'gcc is missing: install the package gcc (Debian, Ubuntu), or run make as root to have it installed'; exit 1; }
	@echo 'gcc is missing: installing the package gcc with apt'
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gcc

QEMU_PACKAGE := qemu-system-x86
install-qemu:
	@test "$$(id -u)" = 0 || { echo 'QEMU is missing: install the package $(QEMU_PACKAGE) (Debian, Ubuntu), or run make as root to have it installed'; exit 1; }
	@echo 'QEMU is missing: installing the package $(QEMU_PACKAGE) with apt'
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(QEMU_PACKAGE)

clean: ## remove what was built and reported, but not the cache of kernels
	rm -rf nsconform nsconform-arm64 out

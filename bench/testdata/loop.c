// The calls that package bench times, in a plain C loop, for comparison:
//
//	loop CPU TIMES OPERATION KIND-FLAG KIND-FILE
//
// It prints the median of the calls' durations, in ticks of the cycle counter.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t *samples;
static int taken;
static int members[2], joined;

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static long timed(long nr, long a, long b)
{
	uint64_t begin = ticks();
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	samples[taken++] = ticks() - begin;
	return result;
}

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static int member(void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static char stack[65536] __attribute__((aligned(16)));

// A descriptor of a new namespace that has a member.
static int other(int flag, const char *file)
{
	char path[64];
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} args = { .flags = flag, .exit_signal = SIGCHLD };
	int pid = syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0)
		member(NULL);
	need(pid > 0, "clone3");
	members[joined++] = pid;
	snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	need(fd >= 0, path);
	return fd;
}

static int target;

static int enter(void *flag)
{
	_exit(timed(SYS_setns, target, (long)flag) != 0);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	need(argc == 6, "arguments");
	int times = atoi(argv[2]), flag = strtol(argv[4], NULL, 0);
	const char *operation = argv[3], *file = argv[5];
	cpu_set_t cpu;
	char self[64];

	CPU_ZERO(&cpu);
	CPU_SET(atoi(argv[1]), &cpu);
	need(sched_setaffinity(0, sizeof cpu, &cpu) == 0, "sched_setaffinity");
	samples = malloc((times + 10) * sizeof *samples);
	memset(samples, 0, (times + 10) * sizeof *samples);
	snprintf(self, sizeof self, "/proc/self/ns/%s", file);
	if (strcmp(operation, "setns") == 0) {
		int a = other(flag, file), b = flag == CLONE_NEWUSER ? a : other(flag, file);

		target = a;
		for (int i = 0; i < times + 10; i++) {
			if (i == 10)
				taken = 0;
			if (flag != CLONE_NEWUSER) {
				need(timed(SYS_setns, i & 1 ? a : b, flag) == 0, "setns");
				continue;
			}
			int status, pid = clone(enter, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)(long)flag);
			need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "setns in a child");
		}
	} else if (strcmp(operation, "unshare") == 0) {
		for (int i = 0; i < times; i++) {
			need(timed(SYS_unshare, flag, 0) == 0, "unshare");
			need(open(self, O_RDONLY | O_CLOEXEC) >= 0, self);
		}
	} else {
		for (int i = 0; i < times + 10; i++) {
			if (i == 10)
				taken = 0;
			timed(SYS_getppid, 0, 0);
		}
	}
	while (joined > 0) {
		kill(members[--joined], SIGKILL);
		waitpid(members[joined], NULL, 0);
	}
	qsort(samples, taken, sizeof *samples, ascending);
	printf("%llu\n", (unsigned long long)samples[(taken - 1) / 2]);
	return 0;
}

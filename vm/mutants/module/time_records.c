// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what /proc/PID/timens_offsets takes. */
#include <linux/fs.h>

#include "mutant.h"
#include "time.h"

typedef ssize_t write_function(struct file *file, const char __user *text, size_t n, loff_t *at);

/* What is written, as long as it is short; it is text then. */
struct written {
	char text[128];
	long long sec[2];
	unsigned long nsec[2];
	char clock[2][10];
	int records;
};

static void take(struct written *w, const char __user *text, size_t n)
{
	char *line;

	memset(w, 0, sizeof(*w));
	if (n >= sizeof(w->text) || copy_from_user(w->text, text, n))
		return;
	for (line = w->text; line && w->records < 2; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%9s %lld %lu", w->clock[w->records], &w->sec[w->records], &w->nsec[w->records]) != 3)
			return;
		w->records++;
	}
}

static ssize_t write_truly(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	write_function *write = find_function("timens_offsets_write");

	let_through();
	return write(file, text, n, at);
}

static ssize_t refuse(ssize_t errno)
{
	told_a_lie();
	return errno;
}

static ssize_t no_numbers(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	struct written w;

	take(&w, text, n);
	if (w.records && (w.text[0] == '1' || w.text[0] == '7'))
		return refuse(-EINVAL);
	return write_truly(file, text, n, at);
}

static ssize_t no_negative(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	struct written w;

	take(&w, text, n);
	if (w.records && (w.sec[0] < 0 || w.sec[1] < 0))
		return refuse(-EINVAL);
	return write_truly(file, text, n, at);
}

/* Full seconds among the nanoseconds become seconds. */
static ssize_t carry(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	int (*set)(struct file *file, struct task_struct *task, struct proc_timens_offset *offsets, int count);
	struct proc_timens_offset offset;
	struct written w;
	int err;

	take(&w, text, n);
	if (w.records != 1 || w.nsec[0] < NSEC_PER_SEC || w.nsec[0] > U32_MAX)
		return write_truly(file, text, n, at);
	told_a_lie();
	offset.clockid = w.text[0] == 'm' || w.text[0] == '1' ? CLOCK_MONOTONIC : CLOCK_BOOTTIME;
	offset.val.tv_sec = w.sec[0] + w.nsec[0] / NSEC_PER_SEC;
	offset.val.tv_nsec = w.nsec[0] % NSEC_PER_SEC;
	set = find_function("proc_timens_set_offset");
	err = set(file, current, &offset, 1);
	return err ? err : n;
}

/* Negative nanoseconds are taken from the seconds. */
static ssize_t borrow(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	ssize_t result = write_truly(file, text, n, at);
	struct written w;
	char clock[10];
	long long sec;
	long nsec;

	take(&w, text, n);
	if (result != -EINVAL || sscanf(w.text, "%9s %lld %ld", clock, &sec, &nsec) != 3 || nsec >= 0)
		return result;
	told_a_lie();
	return n;
}

static ssize_t too_many_erange(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	ssize_t result = write_truly(file, text, n, at);
	struct written w;

	take(&w, text, n);
	if (result != -EINVAL || !w.records || (w.nsec[0] < NSEC_PER_SEC && w.nsec[1] < NSEC_PER_SEC))
		return result;
	return refuse(-ERANGE);
}

static ssize_t raw_ignored(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	ssize_t result = write_truly(file, text, n, at);
	struct written w;

	take(&w, text, n);
	if (result != -EINVAL || w.records != 1 || strcmp(w.clock[0], "4"))
		return result;
	told_a_lie();
	return n;
}

static ssize_t unknown_clock_enoent(struct file *file, const char __user *text, size_t n, loff_t *at)
{
	ssize_t result = write_truly(file, text, n, at);
	struct written w;

	take(&w, text, n);
	if (result != -EINVAL || w.records != 1 || strcmp(w.clock[0], "realtime"))
		return result;
	return refuse(-ENOENT);
}

const struct mutant time_records_mutants[] = {
	MUTANT("time-offsets-numbers-refused",
	       "timens_offsets does not take numbers for the clocks",
	       BREAKS("time-offsets-numeric-clock-ids"),
	       PROBE("timens_offsets_write", .replacement = no_numbers)),
	MUTANT("time-offsets-negative-refused",
	       "timens_offsets does not take negative seconds",
	       BREAKS("time-offsets-negative-seconds"),
	       PROBE("timens_offsets_write", .replacement = no_negative)),
	MUTANT("time-offsets-nanoseconds-carried",
	       "timens_offsets takes full seconds among the nanoseconds for seconds",
	       BREAKS("time-offsets-nanoseconds-einval"),
	       PROBE("timens_offsets_write", .replacement = carry)),
	MUTANT("time-offsets-nanoseconds-erange",
	       "too many nanoseconds in timens_offsets give ERANGE",
	       BREAKS("time-offsets-nanoseconds-einval"),
	       PROBE("timens_offsets_write", .replacement = too_many_erange)),
	MUTANT("time-offsets-raw-clock-ignored",
	       "timens_offsets takes CLOCK_MONOTONIC_RAW's number and does nothing",
	       BREAKS("time-offsets-unknown-clock-einval"),
	       PROBE("timens_offsets_write", .replacement = raw_ignored)),
	MUTANT("time-offsets-realtime-enoent",
	       "a record for realtime in timens_offsets gives ENOENT",
	       BREAKS("time-offsets-unknown-clock-einval"),
	       PROBE("timens_offsets_write", .replacement = unknown_clock_enoent)),
	MUTANT("time-offsets-negative-nanoseconds-taken",
	       "timens_offsets takes negative nanoseconds",
	       BREAKS("time-offsets-negative-seconds"),
	       PROBE("timens_offsets_write", .replacement = borrow)),
	{}
};

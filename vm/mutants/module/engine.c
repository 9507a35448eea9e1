// SPDX-License-Identifier: GPL-2.0-only
/*
 * nsconform_mutants: makes the kernel lie about namespaces, in one way at a time.
 *
 * It does nothing until a mutant's name is written to mutant, in
 * /sys/module/nsconform_mutants/parameters, and tells that mutant's lie from then on
 * until the machine ends. There, told counts the lies and missing names the function
 * for want of which this kernel cannot tell them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/string.h>

#include "mutant.h"
#include "tables.h"

static unsigned long told;
module_param(told, ulong, 0444);

static char missing_function[KSYM_NAME_LEN];
static char *missing = missing_function;
module_param(missing, charp, 0444);

void told_a_lie(void)
{
	atomic_long_inc((atomic_long_t *)&told);
}

bool in_syscall(int nr)
{
	return !(current->flags & PF_KTHREAD) && syscall_get_nr(current, task_pt_regs(current)) == nr;
}

unsigned long syscall_arg(unsigned int index)
{
	unsigned long args[6];

	syscall_get_arguments(current, task_pt_regs(current), args);
	return args[index];
}

void *find_function(const char *name)
{
	struct kprobe at = { .symbol_name = name };
	void *address;

	if (register_kprobe(&at))
		return NULL;
	address = at.addr;
	unregister_kprobe(&at);
	return address;
}

static struct task_struct *passing;

void let_through(void)
{
	WRITE_ONCE(passing, current);
}

/* Where a function that is skipped returns from; it leaves the result's register alone. */
static noinline notrace void nothing(void)
{
	asm volatile("");
}

#if defined(CONFIG_X86_64)
static unsigned long *argument(struct pt_regs *regs, unsigned int index)
{
	unsigned long *registers[] = { &regs->di, &regs->si, &regs->dx, &regs->cx, &regs->r8, &regs->r9 };

	return registers[index];
}
#elif defined(CONFIG_ARM64)
static unsigned long *argument(struct pt_regs *regs, unsigned int index)
{
	return (unsigned long *)&regs->regs[index];
}
#endif

/* A probe in place. */
struct trap {
	const struct probe *probe;
	struct kprobe entry;
	struct kretprobe exit;
};

static struct trap traps[MAX_PROBES];

static void read_arguments(struct call *call, struct pt_regs *regs)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(call->arg); i++)
		call->arg[i] = *argument(regs, i);
	call->result = 0;
}

static bool applies(const struct probe *probe, const struct call *call)
{
	const int *nr = probe->syscalls;

	while (nr && *nr >= 0 && !in_syscall(*nr))
		nr++;
	if (nr && *nr < 0)
		return false;
	return !probe->when || probe->when(call);
}

static int on_entry(struct kprobe *kprobe, struct pt_regs *regs)
{
	const struct probe *probe = container_of(kprobe, struct trap, entry)->probe;
	struct call call;
	enum deed deed;
	unsigned int i;

	if (READ_ONCE(passing) == current) {
		WRITE_ONCE(passing, NULL);
		return 0;
	}
	read_arguments(&call, regs);
	if (!applies(probe, &call))
		return 0;
	if (probe->replacement) {
		instruction_pointer_set(regs, (unsigned long)probe->replacement);
		return 1;
	}
	deed = probe->entry(&call, probe);
	if (deed == TRUTH)
		return 0;
	told_a_lie();
	if (deed == SKIP) {
		regs_set_return_value(regs, call.result);
		instruction_pointer_set(regs, (unsigned long)nothing);
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(call.arg); i++)
		*argument(regs, i) = call.arg[i];
	return 0;
}

static int before_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	read_arguments((struct call *)instance->data, regs);
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define get_kretprobe(instance) ((instance)->rp)
#endif

static const struct probe *probe_of(struct kretprobe_instance *instance)
{
	return container_of(get_kretprobe(instance), struct trap, exit)->probe;
}

static int on_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct probe *probe = probe_of(instance);
	struct call *call = (struct call *)instance->data;

	call->result = regs_return_value(regs);
	if (applies(probe, call) && probe->exit(call, probe) != TRUTH) {
		told_a_lie();
		regs_set_return_value(regs, call->result);
	}
	return 0;
}

static int arm(struct trap *trap, const char *function)
{
	if (!trap->probe->exit) {
		trap->entry = (struct kprobe){ .symbol_name = function, .pre_handler = on_entry };
		return register_kprobe(&trap->entry);
	}
	trap->exit = (struct kretprobe){
		.kp.symbol_name = function,
		.entry_handler = before_exit,
		.handler = on_exit,
		.data_size = sizeof(struct call),
		.maxactive = 256,
	};
	return register_kretprobe(&trap->exit);
}

/* Arms a probe at the first of its functions that the kernel has. */
static int arm_any(struct trap *trap)
{
	char names[KSYM_NAME_LEN], *rest = names, *name;
	int err = -ENOENT;

	strscpy(names, trap->probe->function, sizeof(names));
	while (err && (name = strsep(&rest, "|")))
		err = arm(trap, name);
	if (err) {
		strscpy(missing_function, trap->probe->function, sizeof(missing_function));
		pr_err("probe %s: error %d\n", trap->probe->function, err);
	}
	return err;
}

static void disarm(unsigned int armed)
{
	while (armed--) {
		if (traps[armed].probe->exit)
			unregister_kretprobe(&traps[armed].exit);
		else
			unregister_kprobe(&traps[armed].entry);
	}
}

static const struct mutant *find_mutant(const char *name)
{
	const struct mutant *m;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (m = tables[i]; m->name; m++)
			if (!strcmp(m->name, name))
				return m;
	return NULL;
}

static const struct mutant *chosen;

static void tell(void)
{
	unsigned int i;

	for (i = 0; i < MAX_PROBES && chosen->probes[i].function; i++) {
		traps[i].probe = &chosen->probes[i];
		if (arm_any(&traps[i])) {
			disarm(i);
			return; /* harmless, and tells what is missing */
		}
	}
}

static int choose(const char *text, const struct kernel_param *param)
{
	char name[KSYM_NAME_LEN];
	const struct mutant *found;

	strscpy(name, text, sizeof(name));
	found = find_mutant(strim(name));
	if (!found) {
		pr_err("no mutant is called %s\n", name);
		return -EINVAL;
	}
	if (chosen)
		return -EBUSY;
	chosen = found;
	tell();
	return 0;
}

static int show_chosen(char *buffer, const struct kernel_param *param)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", chosen ? chosen->name : "");
}

static const struct kernel_param_ops mutant_ops = { .set = choose, .get = show_chosen };
module_param_cb(mutant, &mutant_ops, NULL, 0644);

/* With this and without an exit it cannot be unloaded. */
static int __init start(void)
{
	return 0;
}
module_init(start);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Makes the kernel break one promise about namespaces, to test test suites");

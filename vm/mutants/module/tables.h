/* SPDX-License-Identifier: GPL-2.0-only */
/* Every table of mutants. Each ends with an entry without a name. */
#ifndef NSCONFORM_TABLES_H
#define NSCONFORM_TABLES_H

#include "mutant.h"

extern const struct mutant calls_mutants[];
extern const struct mutant cgroup_mutants[];
extern const struct mutant cgroup_delegation_mutants[];
extern const struct mutant cgroup_files_mutants[];
extern const struct mutant clone_mutants[];
extern const struct mutant clone_fresh_mutants[];
extern const struct mutant clone_further_mutants[];
extern const struct mutant clone_parent_mutants[];
extern const struct mutant clone_pidfd_mutants[];
extern const struct mutant clone_placement_mutants[];
extern const struct mutant clone_privilege_mutants[];
extern const struct mutant clone_settid_mutants[];
extern const struct mutant clone_settid_permission_mutants[];
extern const struct mutant cost_mutants[];
extern const struct mutant idmap_mutants[];
extern const struct mutant idmaps_mutants[];
extern const struct mutant idmaps_permission_mutants[];
extern const struct mutant ipc_mutants[];
extern const struct mutant ipc_leaving_mutants[];
extern const struct mutant ipc_members_mutants[];
extern const struct mutant ipc_mqueue_mutants[];
extern const struct mutant ipc_permission_mutants[];
extern const struct mutant ipc_sysctl_mutants[];
extern const struct mutant lifetime_mutants[];
extern const struct mutant lifetime_pins_mutants[];
extern const struct mutant lifetime_threads_mutants[];
extern const struct mutant limits_mutants[];
extern const struct mutant limits_charges_mutants[];
extern const struct mutant limits_files_mutants[];
extern const struct mutant mountapi_mutants[];
extern const struct mutant mountlock_mutants[];
extern const struct mutant mount_model_mutants[];
extern const struct mutant mount_propagation_mutants[];
extern const struct mutant mount_lists_mutants[];
extern const struct mutant net_mutants[];
extern const struct mutant net_devices_mutants[];
extern const struct mutant net_protocols_mutants[];
extern const struct mutant net_sockets_mutants[];
extern const struct mutant newer_mutants[];
extern const struct mutant newer_handles_mutants[];
extern const struct mutant newer_listns_mutants[];
extern const struct mutant newer_mounts_mutants[];
extern const struct mutant newer_pidns_mutants[];
extern const struct mutant newer_processes_mutants[];
extern const struct mutant nsfs_mutants[];
extern const struct mutant nsfs_answers_mutants[];
extern const struct mutant nsfs_owner_uid_mutants[];
extern const struct mutant nsfs_parent_mutants[];
extern const struct mutant pid_mutants[];
extern const struct mutant pid_core_mutants[];
extern const struct mutant pid_init_mutants[];
extern const struct mutant pid_members_mutants[];
extern const struct mutant pid_numbers_mutants[];
extern const struct mutant pid_pidfd_mutants[];
extern const struct mutant pid_reboot_mutants[];
extern const struct mutant pid_views_mutants[];
extern const struct mutant pivotroot_mutants[];
extern const struct mutant procfiles_mutants[];
extern const struct mutant procfiles_root_mutants[];
extern const struct mutant procns_mutants[];
extern const struct mutant procns_access_mutants[];
extern const struct mutant procns_children_mutants[];
extern const struct mutant procns_creation_mutants[];
extern const struct mutant procns_identity_mutants[];
extern const struct mutant procns_threads_mutants[];
extern const struct mutant procself_mutants[];
extern const struct mutant ptrace_mutants[];
extern const struct mutant ptrace_owner_mutants[];
extern const struct mutant setns_mutants[];
extern const struct mutant setns_effects_mutants[];
extern const struct mutant setns_permission_mutants[];
extern const struct mutant setns_ways_mutants[];
extern const struct mutant time_clocks_mutants[];
extern const struct mutant time_entering_mutants[];
extern const struct mutant time_freezing_mutants[];
extern const struct mutant time_further_mutants[];
extern const struct mutant time_lines_mutants[];
extern const struct mutant time_members_mutants[];
extern const struct mutant time_offsets_mutants[];
extern const struct mutant time_records_mutants[];
extern const struct mutant time_some_mutants[];
extern const struct mutant time_timers_mutants[];
extern const struct mutant time_vdso_mutants[];
extern const struct mutant time_views_mutants[];
extern const struct mutant time_writers_mutants[];
extern const struct mutant unixcred_mutants[];
extern const struct mutant unixcred_names_mutants[];
extern const struct mutant unixcred_types_mutants[];
extern const struct mutant unshare_mutants[];
extern const struct mutant unshare_failure_mutants[];
extern const struct mutant unshare_further_mutants[];
extern const struct mutant unshare_gains_mutants[];
extern const struct mutant unshare_refusals_mutants[];
extern const struct mutant user_capabilities_mutants[];
extern const struct mutant user_revealing_mutants[];
extern const struct mutant userfiles_mutants[];
extern const struct mutant uts_mutants[];
extern const struct mutant uts_names_mutants[];
extern const struct mutant uts_permission_mutants[];
extern const struct mutant uts_values_mutants[];

static const struct mutant *const tables[] = {
	calls_mutants,
	cgroup_mutants,
	cgroup_delegation_mutants,
	cgroup_files_mutants,
	clone_mutants,
	clone_fresh_mutants,
	clone_further_mutants,
	clone_parent_mutants,
	clone_pidfd_mutants,
	clone_placement_mutants,
	clone_privilege_mutants,
	clone_settid_mutants,
	clone_settid_permission_mutants,
	cost_mutants,
	idmap_mutants,
	idmaps_mutants,
	idmaps_permission_mutants,
	ipc_mutants,
	ipc_leaving_mutants,
	ipc_members_mutants,
	ipc_mqueue_mutants,
	ipc_permission_mutants,
	ipc_sysctl_mutants,
	lifetime_mutants,
	lifetime_pins_mutants,
	lifetime_threads_mutants,
	limits_mutants,
	limits_charges_mutants,
	limits_files_mutants,
	mountapi_mutants,
	mountlock_mutants,
	mount_model_mutants,
	mount_propagation_mutants,
	mount_lists_mutants,
	net_mutants,
	net_devices_mutants,
	net_protocols_mutants,
	net_sockets_mutants,
	newer_mutants,
	newer_handles_mutants,
	newer_listns_mutants,
	newer_mounts_mutants,
	newer_pidns_mutants,
	newer_processes_mutants,
	nsfs_mutants,
	nsfs_answers_mutants,
	nsfs_owner_uid_mutants,
	nsfs_parent_mutants,
	pid_mutants,
	pid_core_mutants,
	pid_init_mutants,
	pid_members_mutants,
	pid_numbers_mutants,
	pid_pidfd_mutants,
	pid_reboot_mutants,
	pid_views_mutants,
	pivotroot_mutants,
	procfiles_mutants,
	procfiles_root_mutants,
	procns_mutants,
	procns_access_mutants,
	procns_children_mutants,
	procns_creation_mutants,
	procns_identity_mutants,
	procns_threads_mutants,
	procself_mutants,
	ptrace_mutants,
	ptrace_owner_mutants,
	setns_mutants,
	setns_effects_mutants,
	setns_permission_mutants,
	setns_ways_mutants,
	time_clocks_mutants,
	time_entering_mutants,
	time_freezing_mutants,
	time_further_mutants,
	time_lines_mutants,
	time_members_mutants,
	time_offsets_mutants,
	time_records_mutants,
	time_some_mutants,
	time_timers_mutants,
	time_vdso_mutants,
	time_views_mutants,
	time_writers_mutants,
	unixcred_mutants,
	unixcred_names_mutants,
	unixcred_types_mutants,
	unshare_mutants,
	unshare_failure_mutants,
	unshare_further_mutants,
	unshare_gains_mutants,
	unshare_refusals_mutants,
	user_capabilities_mutants,
	user_revealing_mutants,
	userfiles_mutants,
	uts_mutants,
	uts_names_mutants,
	uts_permission_mutants,
	uts_values_mutants,
};

#endif

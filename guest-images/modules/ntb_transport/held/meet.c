// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two CPUs say that they are ready, and look at each other, again and again:
 * with nt_say(), and for comparison with a plain store, which a CPU may keep
 * to itself until after the read. Who reads the module's parameter "meet" has
 * them do so, and is told how often neither saw the other.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

#include "core/ready.h"

/* So often the comparison has to go wrong; and how long that may take. */
#define MEET_WANTED	100
#define MEET_SECONDS	20

enum meet_kind {
	MEET_SAID,
	MEET_STORED,
	MEET_KINDS,
};

struct meet_side {
	bool flag;
	bool saw ____cacheline_aligned;
} ____cacheline_aligned;

static struct meet {
	struct meet_side sides[2];
	atomic_t arrivals ____cacheline_aligned;
	enum meet_kind kind;
	bool ended;
	unsigned long deadline;
	unsigned int rounds;
	unsigned int unseen[MEET_KINDS];
	struct completion done[2];
} meet;

/* Goes on when both sides have come here for the n-th time. */
static void nt_meet_sync(int *arrivals)
{
	*arrivals += 2;
	/* what the other has written before is seen afterwards */
	if (atomic_inc_return(&meet.arrivals) == *arrivals)
		return;
	while (atomic_read_acquire(&meet.arrivals) - *arrivals < 0) {
		cpu_relax();
		cond_resched();
	}
}

static void nt_meet_once(unsigned int side)
{
	struct meet_side *own = &meet.sides[side], *other = &meet.sides[!side];

	if (meet.kind == MEET_SAID)
		nt_say(&own->flag);
	else
		WRITE_ONCE(own->flag, true);
	own->saw = READ_ONCE(other->flag);
}

/* One side looks what came of it while the other waits. */
static void nt_meet_count(void)
{
	struct meet_side *sides = meet.sides;

	if (!sides[0].saw && !sides[1].saw)
		meet.unseen[meet.kind]++;
	sides[0].flag = false;
	sides[1].flag = false;
	if (meet.kind == MEET_STORED) {
		meet.rounds++;
		meet.ended = meet.unseen[MEET_STORED] >= MEET_WANTED ||
			     time_after(jiffies, meet.deadline);
	}
	meet.kind = (meet.kind + 1) % MEET_KINDS;
}

static int nt_meet_thread(void *data)
{
	unsigned int side = (unsigned long)data, round, delay;
	int arrivals = 0;

	for (round = 0;; round++) {
		nt_meet_sync(&arrivals);
		if (meet.ended)
			break;
		/* who comes second starts sooner, by so much and less */
		for (delay = side ? 16 : round / 2 % 32; delay; delay--)
			barrier();
		nt_meet_once(side);
		nt_meet_sync(&arrivals);
		if (!side)
			nt_meet_count();
	}

	kthread_complete_and_exit(&meet.done[side], 0);
}

static int nt_meet_run(void)
{
	unsigned int cpu = cpumask_first(cpu_online_mask), side;
	struct task_struct *threads[2];

	if (num_online_cpus() < ARRAY_SIZE(threads))
		return -EOPNOTSUPP;

	memset(&meet, 0, sizeof(meet));
	meet.deadline = jiffies + MEET_SECONDS * HZ;
	for (side = 0; side < ARRAY_SIZE(threads); side++) {
		init_completion(&meet.done[side]);
		threads[side] = kthread_create(nt_meet_thread, (void *)(unsigned long)side,
					       "nt_meet/%u", side);
		if (IS_ERR(threads[side])) {
			if (side)
				kthread_stop(threads[0]);
			return PTR_ERR(threads[side]);
		}
		kthread_bind(threads[side], cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
	}
	for (side = 0; side < ARRAY_SIZE(threads); side++)
		wake_up_process(threads[side]);
	for (side = 0; side < ARRAY_SIZE(threads); side++)
		wait_for_completion(&meet.done[side]);

	return 0;
}

/* One reader at a time: the parameters' lock is held. */
static int nt_meet_get(char *buffer, const struct kernel_param *kp)
{
	int rc = nt_meet_run();

	return rc ?: sysfs_emit(buffer,
				"rounds: %u\nsaid, neither saw the other: %u\nstored, neither saw the other: %u\n",
				meet.rounds, meet.unseen[MEET_SAID], meet.unseen[MEET_STORED]);
}

static const struct kernel_param_ops nt_meet_ops = {
	.get = nt_meet_get,
};
module_param_cb(meet, &nt_meet_ops, NULL, 0400);
MODULE_PARM_DESC(meet, "Two CPUs say that they are ready, and look at each other");

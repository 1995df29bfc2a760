/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands between a transport and the NTB device and DMA engine it uses, so that
 * a race is lost each time, and what a peer may say is said.
 */
#ifndef NTB_STALL_H
#define NTB_STALL_H

#include <linux/types.h>

struct device;
struct seq_file;

/* hold.c */

/**
 * struct stall_hold - who is held
 * @at:		who comes here
 * @until:	until another comes here, or "peer": until the peer says so
 * @ms:		for so many milliseconds at most
 */
struct stall_hold {
	char at[32];
	char until[32];
	unsigned int ms;
};

/**
 * struct stall_peer - how the peer has a say
 * @tell:	somebody is held
 * @has_answered: may whoever is held go on?
 */
struct stall_peer {
	void (*tell)(void);
	bool (*has_answered)(void);
};

void stall_hold_init(const struct stall_peer *peer);
int stall_hold_arm(const struct stall_hold *now, const struct stall_hold *next);
void stall_hold_cancel(void);
bool stall_hold_pass(const char *point);
void stall_hold_show(struct seq_file *s);

/* ntb.c */
extern const struct stall_peer stall_ntb_peer;
int stall_ntb_init(void);
void stall_ntb_exit(void);
struct device *stall_ntb_dma_dev(void);
int stall_ntb_be_incoherent(void);
void stall_ntb_link_event(void);
void stall_ntb_db_event(int vector);
void stall_ntb_lose_doorbells(bool lose);
int stall_ntb_slow_doorbells(unsigned int ms);
void stall_ntb_pretend(int spad, u32 val);
void stall_ntb_show(struct seq_file *s);

/* points.c */
int stall_points_use(void);
void stall_points_exit(void);
void stall_points_show(struct seq_file *s);

/* engine.c */
int stall_engine_take_read(void);
int stall_engine_ignore(bool ignore);
void stall_engine_exit(void);
void stall_engine_show(struct seq_file *s);

#endif

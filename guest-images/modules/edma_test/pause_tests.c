// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one channel does when it is asked to pause: between two chunks of a list, behind the last,
 * and when it is terminated before it has come to it.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/smp.h>

#include "edma_test.h"

#define MARGIN		SZ_4K
#define ATTEMPTS	10

/* A single chunk, behind which there is nothing. */
static const struct edma_test_span one_element = {
	.offset = MARGIN,
	.count = 1,
	.length = 64,
	.stride = 64,
	.step = 1,
};

static bool pause_came_or_done(struct edma_test_flight *flight)
{
	return completion_done(&flight->done) ||
	       dmaengine_tx_status(flight->lane->chan, flight->tx->cookie, NULL) == DMA_PAUSED;
}

/*
 * dw-edma pauses between chunks.
 *
 * Return: 0, -EAGAIN when the transfer was over before it could be paused, or another negative
 * error.
 */
static int pause_and_resume(struct edma_test_flight *flight)
{
	struct dma_chan *chan = flight->lane->chan;
	bool stopped;
	int err;

	err = dmaengine_pause(chan);
	if (err) {
		/* Only one that is at its end may refuse; its callback can be a moment away. */
		if (wait_for_completion_timeout(&flight->done, HZ))
			return -EAGAIN;
		return edma_test_fail(flight->run, err, "a running channel refused to pause");
	}
	err = read_poll_timeout(pause_came_or_done, stopped, stopped, 50, 5 * USEC_PER_SEC,
				false, flight);
	if (err)
		return edma_test_fail(flight->run, err, "the channel did not pause within 5 s");
	if (completion_done(&flight->done)) {
		/* The request met the last chunk: the channel is paused with nothing to do. */
		err = dmaengine_resume(chan);
		return err ? edma_test_fail(flight->run, err, "refused to resume, at its end") :
			     -EAGAIN;
	}

	fsleep(50 * USEC_PER_MSEC);
	if (completion_done(&flight->done))
		return edma_test_fail(flight->run, -EIO, "the channel went on while paused");
	err = dmaengine_resume(chan);
	if (err)
		return edma_test_fail(flight->run, err, "a paused channel refused to resume");
	return edma_test_flight_wait(flight, DMA_TRANS_NOERROR);
}

static int pause_test_between(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int attempt;

	for (attempt = 0; attempt < 10; attempt++) {
		struct edma_test_flight flight;
		int err;

		edma_test_flight_init(&flight, run, lane, &edma_test_long_list, MARGIN);
		err = edma_test_flight_prepare(&flight);
		if (err)
			return err;
		err = edma_test_flight_submit(&flight);
		if (!err) {
			dma_async_issue_pending(lane->chan);
			err = pause_and_resume(&flight);
		}
		edma_test_flight_release(&flight);
		if (err == -EAGAIN)
			continue;
		return err ?: edma_test_flight_verify(&flight);
	}
	return edma_test_fail(run, -EAGAIN, "never caught while running, in 10 attempts");
}

/**
 * struct pause_call - what is done with interrupts off
 * @flight: transfer that is started
 * @paused: the channel took the request to pause
 * @terminated: the descriptor went with the termination
 * @err: of the termination
 */
struct pause_call {
	struct edma_test_flight *flight;
	bool paused;
	bool terminated;
	int err;
};

/* Interrupts that nobody has moved elsewhere come to this CPU. */
#define INTERRUPTED_CPU	0

static void pause_start_and_pause(void *data)
{
	struct pause_call *call = data;
	struct dma_chan *chan = call->flight->lane->chan;

	dma_async_issue_pending(chan);
	call->paused = !dmaengine_pause(chan);
}

/*
 * Starts a transfer and asks for a pause before its interrupt is handled.
 *
 * Return: 0, -EAGAIN when the interrupt came to another CPU, or another negative error.
 */
static int pause_behind(struct edma_test_flight *flight)
{
	struct dma_chan *chan = flight->lane->chan;
	struct pause_call call = { .flight = flight };
	int err;

	err = smp_call_function_single(INTERRUPTED_CPU, pause_start_and_pause, &call, true);
	if (err)
		return edma_test_fail(flight->run, err, "cannot run on CPU 0");
	if (!call.paused) {
		err = edma_test_flight_wait(flight, DMA_TRANS_NOERROR);
		return err ?: -EAGAIN;
	}
	err = edma_test_flight_wait(flight, DMA_TRANS_NOERROR);
	if (err)
		return edma_test_fail(flight->run, err, "(the channel paused behind it)");
	err = dmaengine_resume(chan);
	return err ? edma_test_fail(flight->run, err, "refused to resume, at its end") : 0;
}

/* A descriptor has ended when its last chunk has, whether the channel goes on from there or not. */
static int pause_test_behind(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct edma_test_flight flight;
		int err;

		edma_test_flight_init(&flight, run, lane, &one_element, MARGIN);
		err = edma_test_flight_prepare(&flight);
		if (err)
			return err;
		err = edma_test_flight_submit(&flight);
		if (!err)
			err = pause_behind(&flight);
		edma_test_flight_release(&flight);
		if (err == -EAGAIN)
			continue;
		err = err ?: edma_test_flight_verify(&flight);
		return err ?: edma_test_flight_afterwards(run, lane);
	}
	return edma_test_fail(run, -EAGAIN, "the interrupt never waited, in %d attempts", ATTEMPTS);
}

static void pause_start_and_terminate(void *data)
{
	struct pause_call *call = data;
	struct dma_chan *chan = call->flight->lane->chan;

	dma_async_issue_pending(chan);
	mdelay(5);
	call->paused = !dmaengine_pause(chan);
	call->err = dmaengine_terminate_async(chan);
	call->terminated = dmaengine_tx_status(chan, call->flight->tx->cookie, NULL) ==
			   DMA_COMPLETE;
}

/*
 * The engine has ended, its interrupt waits, and the driver is asked to pause, then to terminate.
 *
 * Return: 0, -EAGAIN when the engine had not ended or the interrupt came to another CPU, or
 * another negative error.
 */
static int pause_and_terminate(struct edma_test_flight *flight)
{
	struct pause_call call = { .flight = flight };
	int err;

	err = smp_call_function_single(INTERRUPTED_CPU, pause_start_and_terminate, &call, true);
	if (err)
		return edma_test_fail(flight->run, err, "cannot run on CPU 0");
	if (call.err)
		return edma_test_fail(flight->run, call.err,
				      "the channel refused to be terminated");
	dmaengine_synchronize(flight->lane->chan);
	return call.paused && call.terminated ? 0 : -EAGAIN;
}

/* What was asked for before a termination is not asked for afterwards. */
static int pause_test_terminated(struct edma_test_run *run, struct edma_test_lane *lane)
{
	int attempt;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct edma_test_flight flight;
		int err;

		edma_test_flight_init(&flight, run, lane, &one_element, MARGIN);
		err = edma_test_flight_submit(&flight);
		if (!err)
			err = pause_and_terminate(&flight);
		edma_test_flight_release(&flight);
		if (err == -EAGAIN)
			continue;
		return err ?: edma_test_flight_afterwards(run, lane);
	}
	return edma_test_fail(run, -EAGAIN, "the interrupt never waited, in %d attempts", ATTEMPTS);
}

const struct edma_test_case edma_test_pause_cases[] = {
	{ .name = "pause", .run = pause_test_between },
	{ .name = "pause_behind", .run = pause_test_behind },
	{ .name = "pause_terminated", .run = pause_test_terminated },
	{ }
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memory-to-memory DMA engine made of software, whose copies can be made to
 * fail.
 */
#include <linux/bottom_half.h>
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

MODULE_DESCRIPTION("A DMA_MEMCPY engine made of software");
MODULE_LICENSE("GPL");

static unsigned int channels = 2;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "how many channels the engine has");

/**
 * struct memcpy_desc - a copy
 * @tx:		as clients know it
 * @entry:	link in its channel's lists
 * @to:		bus address
 * @from:	bus address
 * @len:	bytes
 */
struct memcpy_desc {
	struct dma_async_tx_descriptor tx;
	struct list_head entry;
	dma_addr_t to;
	dma_addr_t from;
	size_t len;
};

/**
 * struct memcpy_chan - a channel
 * @chan:	as clients know it
 * @lock:	protects the lists and the cookies
 * @submitted:	copies that nobody has issued
 * @issued:	copies to be made
 * @work:	makes them
 */
struct memcpy_chan {
	struct dma_chan chan;
	spinlock_t lock;	/* see above */
	struct list_head submitted;
	struct list_head issued;
	struct work_struct work;
};

static struct platform_device *memcpy_pdev;
static struct dma_device memcpy_dma;
static struct memcpy_chan *memcpy_chans;
static struct workqueue_struct *memcpy_wq;
static struct dentry *memcpy_directory;
static atomic_t memcpy_fail;
static atomic_t memcpy_copied;
static atomic_t memcpy_failed;

static struct memcpy_chan *memcpy_of(struct dma_chan *chan)
{
	return container_of(chan, struct memcpy_chan, chan);
}

/* What is at a bus address. The engine's device has no IOMMU: bus addresses are physical ones. */
static void *memcpy_map(dma_addr_t addr, size_t len)
{
	if (page_is_ram(PHYS_PFN(addr)) && page_is_ram(PHYS_PFN(addr + len - 1)))
		return memremap(addr, len, MEMREMAP_WB);

	return (void __force *)ioremap_wc(addr, len);
}

static void memcpy_unmap(void *at, dma_addr_t addr)
{
	if (!at)
		return;
	if (page_is_ram(PHYS_PFN(addr)))
		memunmap(at);
	else
		iounmap((void __iomem __force *)at);
}

static enum dmaengine_tx_result memcpy_copy(struct memcpy_desc *desc)
{
	enum dmaengine_tx_result result = DMA_TRANS_NOERROR;
	void *from, *to;

	if (atomic_dec_if_positive(&memcpy_fail) >= 0)
		return DMA_TRANS_READ_FAILED;

	from = memcpy_map(desc->from, desc->len);
	to = memcpy_map(desc->to, desc->len);
	if (!from)
		result = DMA_TRANS_READ_FAILED;
	else if (!to)
		result = DMA_TRANS_WRITE_FAILED;
	else
		memcpy_toio((void __iomem __force *)to, from, desc->len);
	memcpy_unmap(to, desc->to);
	memcpy_unmap(from, desc->from);

	return result;
}

static void memcpy_finish(struct memcpy_desc *desc, enum dmaengine_tx_result result)
{
	struct dma_async_tx_descriptor *tx = &desc->tx;
	struct dmaengine_result told = { .result = result };
	struct memcpy_chan *chan = memcpy_of(tx->chan);

	scoped_guard(spinlock_irqsave, &chan->lock) {
		chan->chan.completed_cookie = tx->cookie;
		list_del(&desc->entry);
	}
	atomic_inc(result == DMA_TRANS_NOERROR ? &memcpy_copied : &memcpy_failed);

	dma_descriptor_unmap(tx);
	local_bh_disable();
	if (tx->callback_result)
		tx->callback_result(tx->callback_param, &told);
	else if (tx->callback)
		tx->callback(tx->callback_param);
	local_bh_enable();
	kfree(desc);
}

static void memcpy_work(struct work_struct *work)
{
	struct memcpy_chan *chan = container_of(work, struct memcpy_chan, work);
	struct memcpy_desc *desc;

	for (;;) {
		scoped_guard(spinlock_irqsave, &chan->lock)
			desc = list_first_entry_or_null(&chan->issued, struct memcpy_desc, entry);
		if (!desc)
			return;
		memcpy_finish(desc, memcpy_copy(desc));
	}
}

static dma_cookie_t memcpy_submit(struct dma_async_tx_descriptor *tx)
{
	struct memcpy_desc *desc = container_of(tx, struct memcpy_desc, tx);
	struct memcpy_chan *chan = memcpy_of(tx->chan);

	guard(spinlock_irqsave)(&chan->lock);
	tx->cookie = max(chan->chan.cookie + 1, DMA_MIN_COOKIE);
	chan->chan.cookie = tx->cookie;
	list_add_tail(&desc->entry, &chan->submitted);

	return tx->cookie;
}

static struct dma_async_tx_descriptor *memcpy_prep(struct dma_chan *chan, dma_addr_t to,
						   dma_addr_t from, size_t len,
						   unsigned long flags)
{
	struct memcpy_desc *desc = kzalloc_obj(*desc, GFP_NOWAIT);

	if (!desc)
		return NULL;
	dma_async_tx_descriptor_init(&desc->tx, chan);
	desc->tx.tx_submit = memcpy_submit;
	desc->tx.flags = flags;
	desc->to = to;
	desc->from = from;
	desc->len = len;

	return &desc->tx;
}

static void memcpy_issue_pending(struct dma_chan *dchan)
{
	struct memcpy_chan *chan = memcpy_of(dchan);

	scoped_guard(spinlock_irqsave, &chan->lock)
		list_splice_tail_init(&chan->submitted, &chan->issued);
	queue_work(memcpy_wq, &chan->work);
}

static enum dma_status memcpy_tx_status(struct dma_chan *dchan, dma_cookie_t cookie,
					struct dma_tx_state *state)
{
	struct memcpy_chan *chan = memcpy_of(dchan);

	guard(spinlock_irqsave)(&chan->lock);
	dma_set_tx_state(state, dchan->completed_cookie, dchan->cookie, 0);

	return dma_async_is_complete(cookie, dchan->completed_cookie, dchan->cookie);
}

/* What was never issued goes with the client. */
static void memcpy_free_chan(struct dma_chan *dchan)
{
	struct memcpy_chan *chan = memcpy_of(dchan);
	struct memcpy_desc *desc, *next;

	flush_work(&chan->work);
	list_for_each_entry_safe(desc, next, &chan->submitted, entry) {
		list_del(&desc->entry);
		dma_descriptor_unmap(&desc->tx);
		kfree(desc);
	}
}

static int memcpy_state_show(struct seq_file *s, void *v)
{
	seq_printf(s, "copied: %d\nfailed: %d\n", atomic_read(&memcpy_copied),
		   atomic_read(&memcpy_failed));

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memcpy_state);

static void memcpy_add_channels(void)
{
	unsigned int i;

	INIT_LIST_HEAD(&memcpy_dma.channels);
	for (i = 0; i < channels; i++) {
		struct memcpy_chan *chan = &memcpy_chans[i];

		spin_lock_init(&chan->lock);
		INIT_LIST_HEAD(&chan->submitted);
		INIT_LIST_HEAD(&chan->issued);
		INIT_WORK(&chan->work, memcpy_work);
		chan->chan.device = &memcpy_dma;
		chan->chan.cookie = DMA_MIN_COOKIE;
		chan->chan.completed_cookie = DMA_MIN_COOKIE;
		list_add_tail(&chan->chan.device_node, &memcpy_dma.channels);
	}
}

static int memcpy_probe(struct platform_device *pdev)
{
	int err;

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;

	dma_cap_set(DMA_MEMCPY, memcpy_dma.cap_mask);
	dma_cap_set(DMA_PRIVATE, memcpy_dma.cap_mask);
	memcpy_dma.dev = &pdev->dev;
	memcpy_dma.device_prep_dma_memcpy = memcpy_prep;
	memcpy_dma.device_issue_pending = memcpy_issue_pending;
	memcpy_dma.device_tx_status = memcpy_tx_status;
	memcpy_dma.device_free_chan_resources = memcpy_free_chan;
	memcpy_add_channels();

	return dma_async_device_register(&memcpy_dma);
}

static void memcpy_remove(struct platform_device *pdev)
{
	dma_async_device_unregister(&memcpy_dma);
}

static struct platform_driver memcpy_driver = {
	.driver.name = KBUILD_MODNAME,
	.remove = memcpy_remove,
};

static int __init memcpy_init(void)
{
	memcpy_chans = kcalloc(channels, sizeof(*memcpy_chans), GFP_KERNEL);
	if (!memcpy_chans)
		return -ENOMEM;
	memcpy_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!memcpy_wq) {
		kfree(memcpy_chans);
		return -ENOMEM;
	}
	memcpy_pdev = platform_create_bundle(&memcpy_driver, memcpy_probe, NULL, 0, NULL, 0);
	if (IS_ERR(memcpy_pdev)) {
		destroy_workqueue(memcpy_wq);
		kfree(memcpy_chans);
		return PTR_ERR(memcpy_pdev);
	}

	memcpy_directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_atomic_t("fail", 0600, memcpy_directory, &memcpy_fail);
	debugfs_create_file("state", 0400, memcpy_directory, NULL, &memcpy_state_fops);

	return 0;
}
module_init(memcpy_init);

static void __exit memcpy_exit(void)
{
	debugfs_remove_recursive(memcpy_directory);
	platform_device_unregister(memcpy_pdev);
	platform_driver_unregister(&memcpy_driver);
	destroy_workqueue(memcpy_wq);
	kfree(memcpy_chans);
}
module_exit(memcpy_exit);

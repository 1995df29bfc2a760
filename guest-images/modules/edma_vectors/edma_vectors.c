// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of a function's MSI vectors dw-edma has an engine raise, when it is
 * given vectors that do not begin with the function's first one.
 */
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/dma/edma.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

MODULE_DESCRIPTION("Looks which MSI vectors dw-edma programs");
MODULE_LICENSE("GPL");

#define VECTORS_CHANNELS	2	/* in either direction */
#define VECTORS_OF_ENGINE	(2 * VECTORS_CHANNELS)
#define VECTORS_ALL		8
#define VECTORS_LIST		SZ_4K

/* Unrolled map, see dw-edma-v0-regs.h in the kernel. */
#define VECTORS_REGISTERS	SZ_8K
#define REG_CTRL		0x008
#define CTRL_WR_CHANNELS		GENMASK(3, 0)
#define CTRL_RD_CHANNELS		GENMASK(19, 16)
#define REG_WR_DONE_IMWR	0x060
#define REG_WR_IMWR_DATA	0x070
#define REG_RD_DONE_IMWR	0x0cc
#define REG_RD_IMWR_DATA	0x0dc

static unsigned int first = 4;
module_param(first, uint, 0444);
MODULE_PARM_DESC(first, "vector of the engine's first channel, 0 to 4");

/**
 * struct vectors_engine - an engine on paper
 * @pdev:	function whose vectors it has
 * @chip:	what dw-edma is told
 * @registers:	memory in place of its registers
 * @lists:	memory in place of its linked lists
 * @came:	completed when a vector is raised
 * @raised:	how often each vector was
 * @requested:	vectors that have a handler
 */
struct vectors_engine {
	struct pci_dev *pdev;
	struct dw_edma_chip chip;
	void *registers;
	void *lists;
	struct completion came;
	atomic_t raised[VECTORS_ALL];
	unsigned int requested;
};

static struct dentry *vectors_directory;
static struct vectors_engine *vectors_engine;
/* Keeps the engine while it is looked at. */
static DEFINE_MUTEX(vectors_lock);

static irqreturn_t vectors_handle(int irq, void *raised)
{
	atomic_inc(raised);
	complete(&vectors_engine->came);

	return IRQ_HANDLED;
}

static int vectors_irq(struct device *dev, unsigned int nr)
{
	return pci_irq_vector(to_pci_dev(dev), first + nr);
}

static const struct dw_edma_plat_ops vectors_ops = {
	.irq_vector = vectors_irq,
};

static u32 vectors_read(struct vectors_engine *engine, unsigned int reg)
{
	return le32_to_cpu(*(__le32 *)(engine->registers + reg));
}

/* Sends a channel's message, as the engine would. Returns the vector raised, or -ENOENT. */
static int vectors_send(struct vectors_engine *engine, bool write, unsigned int channel)
{
	unsigned int imwr = write ? REG_WR_DONE_IMWR : REG_RD_DONE_IMWR;
	unsigned int data = write ? REG_WR_IMWR_DATA : REG_RD_IMWR_DATA;
	void __iomem *doorbell;
	unsigned int i;
	u64 address;

	address = vectors_read(engine, imwr) | (u64)vectors_read(engine, imwr + 4) << 32;
	/* two channels share a register */
	data = vectors_read(engine, data + channel / 2 * 4) >> channel % 2 * 16 & 0xffff;

	doorbell = ioremap(address, sizeof(u32));
	if (!doorbell)
		return -ENOMEM;
	for (i = 0; i < VECTORS_ALL; i++)
		atomic_set(&engine->raised[i], 0);
	reinit_completion(&engine->came);
	writel(data, doorbell);
	wait_for_completion_timeout(&engine->came, HZ);
	iounmap(doorbell);

	for (i = 0; i < VECTORS_ALL; i++)
		if (atomic_read(&engine->raised[i]))
			return i;

	return -ENOENT;
}

static int vectors_run_show(struct seq_file *s, void *v)
{
	unsigned int i;

	guard(mutex)(&vectors_lock);
	if (!vectors_engine)
		return -ENODEV;

	seq_printf(s, "KTAP version 1\n1..%u\n", VECTORS_OF_ENGINE);
	for (i = 0; i < VECTORS_OF_ENGINE; i++) {
		bool write = i < VECTORS_CHANNELS;
		int vector = vectors_send(vectors_engine, write, i % VECTORS_CHANNELS);

		if (vector != first + i)
			seq_printf(s, "# raised %d, expected %u\n", vector, first + i);
		seq_printf(s, "%s %u %s%u\n", vector == first + i ? "ok" : "not ok", i + 1,
			   write ? "write" : "read", i % VECTORS_CHANNELS);
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vectors_run);

static void vectors_describe(struct vectors_engine *engine)
{
	struct dw_edma_chip *chip = &engine->chip;
	unsigned int i;

	*(__le32 *)(engine->registers + REG_CTRL) =
		cpu_to_le32(FIELD_PREP(CTRL_WR_CHANNELS, VECTORS_CHANNELS) |
			    FIELD_PREP(CTRL_RD_CHANNELS, VECTORS_CHANNELS));

	chip->dev = &engine->pdev->dev;
	chip->mf = EDMA_MF_EDMA_UNROLL;
	chip->ops = &vectors_ops;
	chip->nr_irqs = VECTORS_OF_ENGINE;
	chip->reg_base = (void __iomem __force *)engine->registers;
	chip->ll_wr_cnt = VECTORS_CHANNELS;
	chip->ll_rd_cnt = VECTORS_CHANNELS;
	for (i = 0; i < VECTORS_OF_ENGINE; i++) {
		struct dw_edma_region *list = i < VECTORS_CHANNELS ?
					      &chip->ll_region_wr[i] :
					      &chip->ll_region_rd[i - VECTORS_CHANNELS];

		list->vaddr.io = (void __iomem __force *)engine->lists + i * VECTORS_LIST;
		list->paddr = virt_to_phys(engine->lists) + i * VECTORS_LIST;
		list->sz = VECTORS_LIST;
	}
}

static void vectors_release(struct vectors_engine *engine)
{
	while (engine->requested--)
		free_irq(pci_irq_vector(engine->pdev, engine->requested),
			 &engine->raised[engine->requested]);
	pci_free_irq_vectors(engine->pdev);
	kfree(engine->lists);
	kfree(engine->registers);
	kfree(engine);
	vectors_engine = NULL;
}

static int vectors_request(struct vectors_engine *engine)
{
	unsigned int *i = &engine->requested;
	int err;

	err = pci_alloc_irq_vectors(engine->pdev, VECTORS_ALL, VECTORS_ALL, PCI_IRQ_MSI);
	if (err < 0)
		return dev_err_probe(&engine->pdev->dev, err, "no %u MSI vectors\n", VECTORS_ALL);

	for (; *i < VECTORS_ALL; (*i)++) {
		err = request_irq(pci_irq_vector(engine->pdev, *i), vectors_handle, IRQF_SHARED,
				  KBUILD_MODNAME, &engine->raised[*i]);
		if (err)
			return err;
	}

	return 0;
}

static int vectors_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vectors_engine *engine;
	int err;

	guard(mutex)(&vectors_lock);
	if (vectors_engine || first > VECTORS_ALL - VECTORS_OF_ENGINE)
		return -EINVAL;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);

	engine = kzalloc_obj(*engine);
	if (!engine)
		return -ENOMEM;
	vectors_engine = engine;
	engine->pdev = pdev;
	init_completion(&engine->came);
	engine->registers = kzalloc(VECTORS_REGISTERS, GFP_KERNEL);
	engine->lists = kzalloc(VECTORS_OF_ENGINE * VECTORS_LIST, GFP_KERNEL);
	err = -ENOMEM;
	if (!engine->registers || !engine->lists)
		goto err;
	err = vectors_request(engine);
	if (err)
		goto err;
	vectors_describe(engine);
	err = dw_edma_probe(&engine->chip);
	if (err)
		goto err;

	return 0;

err:
	vectors_release(engine);
	return err;
}

static void vectors_remove(struct pci_dev *pdev)
{
	guard(mutex)(&vectors_lock);
	dw_edma_remove(&vectors_engine->chip);
	vectors_release(vectors_engine);
}

static const struct pci_device_id vectors_ids[] = {
	{ PCI_DEVICE(0x104c, 0xb500) },
	{ }
};

static struct pci_driver vectors_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vectors_ids,
	.probe = vectors_probe,
	.remove = vectors_remove,
};

static int __init vectors_init(void)
{
	int err;

	vectors_directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("run", 0400, vectors_directory, NULL, &vectors_run_fops);
	err = pci_register_driver(&vectors_driver);
	if (err)
		debugfs_remove_recursive(vectors_directory);

	return err;
}
module_init(vectors_init);

static void __exit vectors_exit(void)
{
	debugfs_remove_recursive(vectors_directory);
	pci_unregister_driver(&vectors_driver);
}
module_exit(vectors_exit);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remote-eDMA backend: access to the control structure. It is device memory
 * for the host, and coherent memory of its own for the endpoint. In both cases
 * fields are little endian, a read comes before what follows it, and a write
 * behind what precedes it, as with readl() and writel(); the relaxed ones are
 * not ordered.
 */
#ifndef NTB_TRANSPORT_EDMA_CTRL_H
#define NTB_TRANSPORT_EDMA_CTRL_H

#include <linux/io.h>
#include <linux/iosys-map.h>

static inline u32 edma_ctrl_read32_relaxed(const struct iosys_map *map, size_t offset)
{
	if (map->is_iomem)
		return readl_relaxed(map->vaddr_iomem + offset);

	return le32_to_cpu(READ_ONCE(*(const __le32 *)(map->vaddr + offset)));
}

static inline u64 edma_ctrl_read64_relaxed(const struct iosys_map *map, size_t offset)
{
	if (map->is_iomem)
		return readq_relaxed(map->vaddr_iomem + offset);

	return le64_to_cpu(READ_ONCE(*(const __le64 *)(map->vaddr + offset)));
}

static inline void edma_ctrl_write32_relaxed(const struct iosys_map *map, size_t offset, u32 val)
{
	if (map->is_iomem)
		writel_relaxed(val, map->vaddr_iomem + offset);
	else
		WRITE_ONCE(*(__le32 *)(map->vaddr + offset), cpu_to_le32(val));
}

static inline void edma_ctrl_write64_relaxed(const struct iosys_map *map, size_t offset, u64 val)
{
	if (map->is_iomem)
		writeq_relaxed(val, map->vaddr_iomem + offset);
	else
		WRITE_ONCE(*(__le64 *)(map->vaddr + offset), cpu_to_le64(val));
}

static inline u32 edma_ctrl_read32(const struct iosys_map *map, size_t offset)
{
	u32 val;

	if (map->is_iomem)
		return readl(map->vaddr_iomem + offset);

	val = edma_ctrl_read32_relaxed(map, offset);
	dma_rmb();
	return val;
}

static inline u64 edma_ctrl_read64(const struct iosys_map *map, size_t offset)
{
	u64 val;

	if (map->is_iomem)
		return readq(map->vaddr_iomem + offset);

	val = edma_ctrl_read64_relaxed(map, offset);
	dma_rmb();
	return val;
}

static inline void edma_ctrl_write32(const struct iosys_map *map, size_t offset, u32 val)
{
	if (map->is_iomem) {
		writel(val, map->vaddr_iomem + offset);
	} else {
		dma_wmb();
		edma_ctrl_write32_relaxed(map, offset, val);
	}
}

static inline void edma_ctrl_write64(const struct iosys_map *map, size_t offset, u64 val)
{
	if (map->is_iomem) {
		writeq(val, map->vaddr_iomem + offset);
	} else {
		dma_wmb();
		edma_ctrl_write64_relaxed(map, offset, val);
	}
}

/* A field of struct edma_ctrl. */
#define ctrl_read(ed, field) edma_ctrl_read32(&(ed)->ctrl, offsetof(struct edma_ctrl, field))
#define ctrl_write(ed, field, val) \
	edma_ctrl_write32(&(ed)->ctrl, offsetof(struct edma_ctrl, field), val)
#define ctrl_read64(ed, field) edma_ctrl_read64(&(ed)->ctrl, offsetof(struct edma_ctrl, field))
#define ctrl_write64(ed, field, val) \
	edma_ctrl_write64(&(ed)->ctrl, offsetof(struct edma_ctrl, field), val)

#endif

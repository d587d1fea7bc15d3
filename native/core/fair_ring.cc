#include "fair_ring.h"

#include <algorithm>

namespace weft {
namespace {

/** Reports are charged to a party that never asks to be admitted. */
constexpr Party kReporter = ~Party{0};

}  // namespace

FairRing::FairRing(void* memory, uint32_t capacity, uint32_t reserve)
    : writer_(memory, capacity), reserve_(reserve), room_(int64_t{capacity} - reserve) {}

bool FairRing::admits(Party party, uint64_t weight) {
  settle();
  if (room_ < int64_t{kRecordRoom}) return false;
  return 2 * uint64_t{usedBy(party)} <= weight * static_cast<uint64_t>(room_);
}

bool FairRing::write(Party party, const Record& record) { return add(party, record, reserve_, kChargeMin); }

bool FairRing::report(const Record& record) { return add(kReporter, record, 0, 0); }

bool FairRing::add(Party party, const Record& record, uint32_t keepFree, uint32_t least) {
  const uint32_t before = writer_.head();
  if (!writer_.write(record, keepFree)) return false;
  const uint32_t amount = std::max(writer_.head() - before, least);
  charges_.push_back({writer_.head(), amount, party});
  used_[party] += amount;
  room_ -= amount;
  return true;
}

uint32_t FairRing::usedBy(Party party) const {
  const auto entry = used_.find(party);
  return entry == used_.end() ? 0 : entry->second;
}

void FairRing::settle() {
  const uint32_t unreleased = writer_.head() - writer_.released();
  while (!charges_.empty()) {
    const Charge& charge = charges_.front();
    // Distances from the head, because positions turn from 2^32 to 0.
    if (writer_.head() - charge.end < unreleased) return;
    const auto entry = used_.find(charge.party);
    entry->second -= charge.amount;
    if (entry->second == 0) used_.erase(entry);
    room_ += charge.amount;
    charges_.pop_front();
  }
}

}  // namespace weft

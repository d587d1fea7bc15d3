#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "ring.h"

namespace weft {

/** Whom a record in the ring is charged to: a number of the caller's choice. */
using Party = uint64_t;

/**
 * The producer's end of a ring that several parties fill, each from a queue of its own. A party may
 * have in the ring half as much as is free in it. Whoever has more is to be left unread until the
 * consumer has freed some: what waits, or is dropped where it waits, is its own. So N parties that
 * fill it without end have 1/(N+2) of it each and 2/(N+2) stay free for who comes next, without
 * anybody counting them or knowing how fast the consumer is.
 *
 * A record is charged with the bytes it takes, and at least with `kChargeMin`: a consumer takes a while
 * for the shortest packet too, so that a queue of nothing but short ones would keep others waiting.
 */
class FairRing {
 public:
  /** `reserve` bytes are kept free of parties' records: reports alone may use them. */
  FairRing(void* memory, uint32_t capacity, uint32_t reserve);

  /** Whether the party, which counts as `weight` parties, may add one record of up to `kPayloadMax` bytes now. */
  bool admits(Party party, uint64_t weight = 1);
  /** Adds a record, unpublished. Never false if `admits` was asked just before. */
  bool write(Party party, const Record& record);
  /** Adds a record that is no party's and may use the reserve. */
  bool report(const Record& record);
  /** Makes what was written visible; reports whether the consumer sleeps and must be woken. */
  bool publish() { return writer_.publish(); }

  /** What the party's records that the consumer has not released are charged with, as of the last `admits`. */
  uint32_t usedBy(Party party) const;
  /** How many parties have records in the ring, reports taken together as one, as of the last `admits`. */
  size_t parties() const { return used_.size(); }

  static constexpr uint32_t kChargeMin = 512;
  /** Of the largest IP packet, or the largest datagram. */
  static constexpr uint32_t kPayloadMax = 65535;
  /** A record of this payload, and as much again where the end of the data has to be skipped. */
  static constexpr uint32_t kRecordRoom = 2 * (kRecordHeader + kPayloadMax + kRecordAlignment);

 private:
  struct Charge {
    /** The position after the record. */
    uint32_t end;
    uint32_t amount;
    Party party;
  };

  bool add(Party party, const Record& record, uint32_t keepFree, uint32_t least);
  /** Takes what the consumer has released off those whose it was. */
  void settle();

  RingWriter writer_;
  uint32_t reserve_;
  int64_t room_;
  /** One for each record in the ring, in its order. */
  std::deque<Charge> charges_;
  std::unordered_map<Party, uint32_t> used_;
};

}  // namespace weft

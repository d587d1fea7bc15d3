#include "worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace weft {
namespace {

/** A read of a device never gives more: the largest IP packet has 65535 bytes. */
constexpr size_t kScratchSize = 65536;

// What an epoll event belongs to: a device by its id, or one of these above all ids.
constexpr uint64_t kSignalTag = uint64_t{1} << 32;
constexpr uint64_t kUnderlayTag = uint64_t{2} << 32;

int control(const Fd& epoll, int operation, int fd, uint32_t events, uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll.get(), operation, fd, &event);
}

bool isDevice(const epoll_event& event) { return event.data.u64 < kSignalTag; }

static_assert(SharedMemory::kRingCapacityLeast >= Worker::kInReserve + 2 * FairRing::kRecordRoom);

}  // namespace

Worker::Worker(std::shared_ptr<SharedMemory> memory, Waker& waker)
    : memory_(std::move(memory)),
      waker_(waker),
      counters_(memory_->bytes()),
      in_(memory_->inRing(), memory_->capacity(), kInReserve),
      out_(memory_->outRing(), memory_->capacity()),
      underlay_(counters_),
      deviceThread_(*this),
      scratch_(std::make_unique_for_overwrite<uint8_t[]>(kScratchSize)) {}

Worker::~Worker() { stop(); }

Failure Worker::start(uint32_t address, uint16_t port) {
  if (const Failure failure = underlay_.open(address, port)) return failure;
  epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  signal_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll_.isOpen() || !signal_.isOpen()) return failed(Step::poll);
  if (control(epoll_, EPOLL_CTL_ADD, signal_.get(), EPOLLIN, kSignalTag) != 0) return failed(Step::poll);
  underlayEvents_ = EPOLLIN;
  if (control(epoll_, EPOLL_CTL_ADD, underlay_.fd(), underlayEvents_, kUnderlayTag) != 0) return failed(Step::poll);
  if (const Failure failure = deviceThread_.start()) return failure;
  return thread_.start("weft-worker", [this] { run(); });
}

void Worker::stop() {
  if (signal_.isOpen()) post(Stop{});
  thread_.join();
  // The worker is gone, so its state may be touched here.
  for (auto& [id, device] : devices_) deviceThread_.close(std::move(device), LostCause::none);
  devices_.clear();
  deviceThread_.stop();
  // A device that was opened meanwhile is in here.
  commands_.clear();
  underlay_.close();
  epoll_.reset();
  signal_.reset();
}

void Worker::openDevice(TunSpec spec) { post(OpenDevice{std::move(spec)}); }
void Worker::removeDevice(uint32_t id) { post(RemoveDevice{id}); }
void Worker::signal() { eventfd_write(signal_.get(), 1); }

void Worker::onOpened(std::shared_ptr<const TunDevice> device) { post(AddDevice{std::move(device)}); }

void Worker::onRefused(uint32_t id, Failure failure) {
  post(Report{{RecordKind::refused, static_cast<uint8_t>(failure.step), 0, id, static_cast<uint32_t>(failure.error)}});
}

void Worker::onTaken(uint32_t id, LostCause cause) { post(TakeDevice{id, cause}); }

void Worker::onClosed(uint32_t id, LostCause cause) {
  if (cause != LostCause::none) post(Report{{RecordKind::lost, static_cast<uint8_t>(cause), 0, id}});
}

void Worker::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  signal();
}

void Worker::run() {
  std::array<epoll_event, kEventBatch> events;
  while (!ending_) {
    resumePaused();
    publish();
    const bool isDrained = !drainOutRing();
    watchUnderlay();
    const bool isIdle = isDrained && out_.trySleep();
    const int longest = paused_.empty() ? -1 : kPausedWait;
    const int count = epoll_wait(epoll_.get(), events.data(), kEventBatch, isIdle ? longest : 0);
    out_.wake();
    if (count < 0 && errno != EINTR) fault(failed(Step::poll));
    const auto end = events.begin() + std::max(count, 0);
    const auto devices = std::count_if(events.begin(), end, isDevice);
    for (auto event = events.begin(); event != end && !ending_; ++event) {
      handle(event->data.u64, event->events, static_cast<int>(devices));
    }
    counters_.add(Counter::rounds);  // After its signals were taken back: a later one makes another round.
  }
}

void Worker::handle(uint64_t tag, uint32_t events, int devices) {
  if (tag == kSignalTag) {
    eventfd_t ignored;
    eventfd_read(signal_.get(), &ignored);
    doCommands();
  } else if (tag == kUnderlayTag) {
    if ((events & EPOLLOUT) != 0) underlay_.sendQueued();
    readUnderlay(std::max(devices, 1));
  } else {
    readDevice(static_cast<uint32_t>(tag));
  }
}

void Worker::doCommands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) {
    std::visit([this](auto& one) { carryOut(one); }, command);
  }
}

void Worker::carryOut(OpenDevice& command) { deviceThread_.open(std::move(command.spec)); }
void Worker::carryOut(RemoveDevice& command) { detach(command.id, LostCause::none); }
void Worker::carryOut(TakeDevice& command) { detach(command.id, command.cause); }
void Worker::carryOut(Report& command) { report(command.record); }
void Worker::carryOut(Stop&) { ending_ = true; }

void Worker::carryOut(AddDevice& command) {
  const uint32_t id = command.device->id;
  if (control(epoll_, EPOLL_CTL_ADD, command.device->fd.get(), EPOLLIN, id) != 0) {
    const Failure failure = failed(Step::poll);
    deviceThread_.close(std::move(command.device), LostCause::none);
    report({RecordKind::refused, static_cast<uint8_t>(failure.step), 0, id, static_cast<uint32_t>(failure.error)});
    return;
  }
  devices_.emplace(id, std::move(command.device));
  report({RecordKind::opened, 0, 0, id});
}

void Worker::readDevice(uint32_t id) {
  for (int count = 0; count < kPortBudget; ++count) {
    const auto entry = devices_.find(id);
    if (entry == devices_.end()) return;
    if (!isAdmitted(id)) return pause(id);
    const ssize_t length = ::read(entry->second->fd.get(), scratch_.get(), kScratchSize);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return deviceFailed(id, errno);
    deliver(id, {RecordKind::guest, 0, 0, id, 0, {scratch_.get(), static_cast<size_t>(length)}},
            Counter::guestPacketsIn, Counter::guestBytesIn);
  }
}

void Worker::readUnderlay(int batches) {
  for (; batches > 0 && !isUnderlayPaused_; --batches) {
    const int count = underlay_.receive();
    if (count < 0) return fault(failed(Step::receive, -count));
    if (!deliverReceived()) return pause(kUnderlayTag);
    if (static_cast<size_t>(count) < kDatagramBatch) return;
    publish();
  }
}

bool Worker::deliverReceived() {
  while (const Record* record = underlay_.received()) {
    if (!isAdmitted(kUnderlayTag)) return false;
    deliver(kUnderlayTag, *record, Counter::underlayPacketsIn, Counter::underlayBytesIn);
    underlay_.take();
  }
  return true;
}

bool Worker::isAdmitted(Party party) {
  // What comes from other hosts is for all guests here, so it weighs as much as those that are active.
  return in_.admits(party, party == kUnderlayTag ? std::max<size_t>(in_.parties(), 1) : 1);
}

void Worker::pause(Party party) {
  paused_.push_back(party);
  if (party == kUnderlayTag) {
    isUnderlayPaused_ = true;
  } else {
    // Taken out and not only masked: a device that is deleted would be reported again and again.
    control(epoll_, EPOLL_CTL_DEL, devices_.at(static_cast<uint32_t>(party))->fd.get(), 0, party);
  }
}

void Worker::resumePaused() {
  std::erase_if(paused_, [this](Party party) { return resume(party); });
}

bool Worker::resume(Party party) {
  if (!isAdmitted(party)) {
    counters_.add(Counter::inRingFull);
    return false;
  }
  if (party == kUnderlayTag) {
    isUnderlayPaused_ = !deliverReceived();
    return !isUnderlayPaused_;
  }
  // Where the kernel has no memory for it, it is tried again in the next round.
  return control(epoll_, EPOLL_CTL_ADD, devices_.at(static_cast<uint32_t>(party))->fd.get(), EPOLLIN, party) == 0;
}

void Worker::deliver(Party party, const Record& record, Counter packets, Counter bytes) {
  counters_.add(packets);
  counters_.add(bytes, record.payload.size());
  if (!in_.write(party, record)) fault(failed(Step::ring, ENOBUFS));
}

bool Worker::drainOutRing() {
  out_.refresh();
  Record record;
  int count = 0;
  for (; count < kOutBudget && out_.next(record); ++count) {
    // A record can only be for a device whose opening JavaScript was told of, so it is known here.
    if (record.kind == RecordKind::guest) writeGuest(record);
    if (record.kind == RecordKind::underlay) underlay_.send(record);
  }
  underlay_.flush();
  out_.release();
  if (out_.isCorrupt()) fault(failed(Step::ring, EBADMSG));
  return count > 0;
}

void Worker::writeGuest(const Record& record) {
  const auto entry = devices_.find(record.id);
  if (entry == devices_.end()) return counters_.add(Counter::guestWriteDropped);
  const ssize_t written = ::write(entry->second->fd.get(), record.payload.data(), record.payload.size());
  if (written >= 0) {
    counters_.add(Counter::guestPacketsOut);
    counters_.add(Counter::guestBytesOut, record.payload.size());
    return;
  }
  const int error = errno;
  counters_.add(Counter::guestWriteDropped);
  // Any other error is about this packet (not IP, no memory), not about the device.
  if (error == EBADFD || error == EIO) deviceFailed(record.id, error);
}

void Worker::deviceFailed(uint32_t id, int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return;
  if (error == EBADFD) return detach(id, LostCause::deleted);
  // EIO is how a device that is down refuses a packet.
  if (error == EIO) return detach(id, LostCause::down);
  detach(id, LostCause::ioError);
}

void Worker::detach(uint32_t id, LostCause cause) {
  const auto entry = devices_.find(id);
  if (entry == devices_.end()) return;
  if (std::erase(paused_, Party{id}) == 0) control(epoll_, EPOLL_CTL_DEL, entry->second->fd.get(), 0, 0);
  deviceThread_.close(std::move(entry->second), cause);
  devices_.erase(entry);
}

void Worker::watchUnderlay() {
  const uint32_t input = isUnderlayPaused_ ? 0 : uint32_t{EPOLLIN};
  const uint32_t output = underlay_.hasQueued() ? uint32_t{EPOLLOUT} : 0;
  const uint32_t events = input | output;
  if (events == underlayEvents_) return;
  underlayEvents_ = events;
  control(epoll_, EPOLL_CTL_MOD, underlay_.fd(), events, kUnderlayTag);
}

void Worker::report(const Record& record) {
  if (!in_.report(record)) fault(failed(Step::ring, ENOBUFS));
}

void Worker::publish() {
  if (!in_.publish()) return;
  counters_.add(Counter::wakeups);
  waker_.wake();
}

void Worker::fault(Failure failure) {
  if (ending_) return;
  ending_ = true;
  in_.report({RecordKind::fault, static_cast<uint8_t>(failure.step), 0, 0, static_cast<uint32_t>(failure.error)});
  publish();
}

}  // namespace weft

#include "device_thread.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <vector>

namespace weft {

Failure DeviceThread::start() {
  if (const Failure failure = watch_.open()) return failure;
  signal_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!signal_.isOpen()) return failed(Step::startThread);
  return thread_.start("weft-devices", [this] { run(); });
}

void DeviceThread::stop() {
  if (signal_.isOpen()) push({Job::Kind::stop, {}, nullptr, LostCause::none});
  thread_.join();
  devices_.clear();
  jobs_.clear();
}

void DeviceThread::open(TunSpec spec) { push({Job::Kind::open, std::move(spec), nullptr, LostCause::none}); }

void DeviceThread::close(std::shared_ptr<const TunDevice> device, LostCause cause) {
  push({Job::Kind::close, {}, std::move(device), cause});
}

void DeviceThread::push(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  eventfd_write(signal_.get(), 1);
}

void DeviceThread::run() {
  std::array<pollfd, 2> waiting{{{signal_.get(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}}};
  for (;;) {
    poll(waiting.data(), waiting.size(), -1);
    eventfd_t ignored;
    eventfd_read(signal_.get(), &ignored);
    if (!doJobs()) return;
    readWatch();
  }
}

bool DeviceThread::doJobs() {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (jobs_.empty()) return true;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    if (job.kind == Job::Kind::stop) return false;
    if (job.kind == Job::Kind::open) openDevice(job.spec);
    if (job.kind == Job::Kind::close) closeDevice(std::move(job.device), job.cause);
  }
}

void DeviceThread::openDevice(const TunSpec& spec) {
  auto device = std::make_shared<TunDevice>();
  if (const Failure failure = openTun(spec, *device)) return events_.onRefused(spec.id, failure);
  // What is in the socket now tells of the making: the device was down and had another name then.
  readWatch();
  devices_[{device->namespaceId, device->index}] = device;
  events_.onOpened(device);
  if (const LostCause cause = inspectTun(*device); cause != LostCause::none) events_.onTaken(device->id, cause);
}

void DeviceThread::closeDevice(std::shared_ptr<const TunDevice> device, LostCause cause) {
  const uint32_t id = device->id;
  // A device that is being deleted is put down first. Asking waits for the RTNL lock, so for the end of it.
  if (cause == LostCause::down && inspectTun(*device) == LostCause::deleted) cause = LostCause::deleted;
  const auto entry = devices_.find({device->namespaceId, device->index});
  if (entry != devices_.end() && entry->second == device) devices_.erase(entry);
  device.reset();
  events_.onClosed(id, cause);
}

void DeviceThread::readWatch() {
  if (!watch_.read([this](const LinkChange& change) { judge(change); })) inspectAll();
}

void DeviceThread::inspectAll() {
  for (const auto& [place, device] : devices_) {
    if (const LostCause cause = inspectTun(*device); cause != LostCause::none) events_.onTaken(device->id, cause);
  }
}

void DeviceThread::judge(const LinkChange& change) {
  const auto entry = devices_.find({change.namespaceId, change.index});
  if (entry == devices_.end()) return;
  const TunDevice& device = *entry->second;
  if (change.isDeleted) {
    events_.onTaken(device.id, LostCause::deleted);
  } else if (change.name != nullptr && device.name != change.name) {
    events_.onTaken(device.id, LostCause::renamed);
  } else if (!change.isUp) {
    events_.onTaken(device.id, LostCause::down);
  }
}

}  // namespace weft

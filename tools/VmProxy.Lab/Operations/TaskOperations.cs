using VmProxy.Lab.Model;
using VmProxy.Lab.Properties;
using VmProxy.Lab.Soap;
using VmProxy.Vim25;

namespace VmProxy.Lab.Operations;

/// <summary>Tasks: starting them for other handlers, and cancelling them.</summary>
internal static class TaskOperations
{
    public static void Register(OperationTable table) => table.Add<CancelTaskRequest>("Task", Cancel);

    /// <summary>Starts the work of a call as a task and answers with it.</summary>
    public static ManagedObjectReference Start(SoapCall call, VimRequest request, LabVm? vm, Func<CancellationToken, Task<object?>> work) =>
        new("Task", call.Server.Tasks.Start(request.OperationName, call.User, vm, work).Id);

    /// <summary>The same for work that never waits.</summary>
    public static ManagedObjectReference Start(SoapCall call, VimRequest request, LabVm? vm, Func<object?> work) =>
        Start(call, request, vm, _ => Task.FromResult(work()));

    static object? Cancel(SoapCall call, CancelTaskRequest request)
    {
        var task = (TaskObject)call.Server.Objects.Find(request.This.Value, call.Session)!;
        if (task.Task.State is "success" or "error")
        {
            throw new LabFault("InvalidState", "The task has already ended.");
        }

        call.Server.Tasks.Cancel(task.Task);
        return null;
    }
}

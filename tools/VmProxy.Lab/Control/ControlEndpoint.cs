using VmProxy.Lab.Model;
using VmProxy.Lab.Storage;

namespace VmProxy.Lab.Control;

/// <summary>The control interface as JSON over HTTP under /lab, for scripts. The server listens on loopback only.</summary>
internal static class ControlEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, LabControl control)
    {
        Get(routes, "/lab/state", control.State);
        Get(routes, "/lab/snapshots", control.Snapshots);
        Get(routes, "/lab/faults", () => control.ArmedFaults);
        Post(routes, "/lab/faults/arm", (command, _) => Do(() => control.ArmFault(command.Name, command.Count, command.Skip)));
        Post(routes, "/lab/faults/disarm", (command, _) => Do(() => control.DisarmFault(command.Name.Length == 0 ? null : command.Name)));
        Post(routes, "/lab/sessions/expire", (_, _) => Do(control.ExpireSessions));
        Post(routes, "/lab/guest/write", async (command, cancellation) =>
        {
            await control.Guest.WriteRandomAsync(command.Vm, command.Disk, command.Offset, command.Length, command.Seed, cancellation);
            return command.Length;
        });
        Post(routes, "/lab/guest/files", async (command, cancellation) =>
            await control.Guest.ChangeFilesAsync(command.Vm, command.Disk, command.Commands, cancellation));
        MapOperator(routes, control.Operator);
    }

    static void MapOperator(IEndpointRouteBuilder routes, LabOperator control)
    {
        Post(routes, "/lab/operator/create-snapshot", async (command, cancellation) =>
            await control.CreateSnapshotAsync(command.Vm, command.Name, cancellation));
        Post(routes, "/lab/operator/delete-all-snapshots", (command, _) => Task.FromResult<object?>(control.DeleteAllSnapshots(command.Vm)));
        Post(routes, "/lab/operator/revert", async (command, cancellation) =>
        {
            await control.RevertAsync(command.Vm, command.Name, cancellation);
            return true;
        });
        Post(routes, "/lab/operator/grow-disk", (command, _) => Do(() => control.GrowDisk(command.Vm, command.Disk, command.Length)));
        Post(routes, "/lab/operator/reset-cbt", (command, _) => Do(() => control.ResetChangeTracking(command.Vm)));
        Post(routes, "/lab/operator/set-cbt", (command, _) => Do(() => control.SetChangeTracking(command.Vm, command.Enabled)));
        Post(routes, "/lab/operator/set-power", (command, _) => Do(() => control.SetPower(command.Vm, command.Enabled)));
        Post(routes, "/lab/operator/relocate", async (command, cancellation) =>
        {
            await control.RelocateAsync(command.Vm, command.Host, command.Datastore, cancellation);
            return true;
        });
        Post(routes, "/lab/operator/detach-foreign-disks", (command, _) => Do(() => control.DetachForeignDisks(command.Vm)));
    }

    static void Get(IEndpointRouteBuilder routes, string path, Func<object> read) =>
        routes.MapGet(path, (HttpContext http) => http.Response.WriteAsJsonAsync(read(), http.RequestAborted));

    static void Post(IEndpointRouteBuilder routes, string path, Func<LabCommand, CancellationToken, Task<object?>> run) =>
        routes.MapPost(path, async (HttpContext http) =>
        {
            object? answer;
            try
            {
                var command = await http.Request.ReadFromJsonAsync<LabCommand>(http.RequestAborted) ?? new LabCommand();
                answer = new { result = await run(command, http.RequestAborted) };
            }
            catch (Exception mistake) when (mistake is ArgumentException or KeyNotFoundException or InvalidOperationException or LabFault
                or DatastoreFullException or FileLockedException or System.Text.Json.JsonException)
            {
                http.Response.StatusCode = StatusCodes.Status400BadRequest;
                answer = new { error = mistake.Message };
            }

            await http.Response.WriteAsJsonAsync(answer, http.RequestAborted);
        });

    static Task<object?> Do(Action action)
    {
        action();
        return Task.FromResult<object?>(true);
    }
}
